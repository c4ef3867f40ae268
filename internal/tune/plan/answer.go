// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
)

// Kind is what becomes of a request.
type Kind uint8

const (
	// Planned requests are in the plan.
	Planned Kind = iota + 1
	// AlreadySo values need no change.
	AlreadySo
	// NoEffect here: the kernel would take it and nothing would change.
	NoEffect
	// Refused values lose more than they win, or the kernel does not take them.
	Refused
	// WrongTarget values act on something else than they are meant for.
	WrongTarget
	// Absent parameters do not exist in this namespace.
	Absent
	// ReadOnly parameters cannot be set in this namespace.
	ReadOnly
	// NotReadable parameters could not be looked at.
	NotReadable
	// NoValue is a parameter of which a finding says that it would help, and no
	// more.
	NoValue
)

// String returns the kind as it is printed.
func (k Kind) String() string { return k.Text().En }

// Text returns the kind in words.
func (k Kind) Text() knowledge.Text {
	switch k {
	case Planned:
		return knowledge.Text{En: "planned", Zh: "列入计划"}
	case AlreadySo:
		return knowledge.Text{En: "already so", Zh: "已经如此"}
	case NoEffect:
		return knowledge.Text{En: "no effect here", Zh: "在此无效"}
	case Refused:
		return knowledge.Text{En: "refused", Zh: "拒绝"}
	case WrongTarget:
		return knowledge.Text{En: "wrong target", Zh: "找错对象"}
	case Absent:
		return knowledge.Text{En: "does not exist here", Zh: "此处不存在"}
	case ReadOnly:
		return knowledge.Text{En: "read-only here", Zh: "此处只读"}
	case NoValue:
		return knowledge.Text{En: "no value named", Zh: "未给出值"}
	default:
		return knowledge.Text{En: "cannot be read", Zh: "无法读取"}
	}
}

// An Answer is what there is to say about a request.
type Answer struct {
	Request
	Kind Kind
	Now  string // the value at present, "" when there is none
	// Why is the reason, without a full stop; Do what to do instead, a sentence
	// or nothing.
	Why, Do knowledge.Text
	// Acceptable says that --accept-risk makes a change of it.
	Acceptable bool
	Accepted   bool
	Known      knowledge.Sysctl // the entry of the catalogue; without a key when there is none
}

// Sentence returns reason and remedy.
func (a Answer) Sentence() string { return a.SentenceIn(knowledge.English) }

// SentenceIn is [Answer.Sentence] in a language.
func (a Answer) SentenceIn(lang knowledge.Lang) string {
	stop, do := ".", a.Do.In(lang)
	if lang == knowledge.Chinese {
		stop = "。"
	}
	why := a.Why.In(lang)
	if why != "" && !strings.HasSuffix(why, stop) {
		why += stop
	}
	if lang == knowledge.Chinese { // there a full stop needs no blank behind it
		return why + do
	}
	return strings.TrimSpace(why + " " + do)
}

// change makes the entry of a plan.
func (a Answer) change(lang knowledge.Lang) Change {
	c := Change{
		Key: a.Key, Value: a.Value, Was: oneLine(a.Now), WasKnown: true, Accepted: a.Accepted,
		Reason: a.SentenceIn(lang),
	}
	if a.Known.Key != "" {
		c.Scope, c.Effect, c.Check, c.Risk = a.Known.Scope.Text().In(lang), a.Known.Effect.Text().In(lang), a.Known.Helped.In(lang), a.Known.Risk.In(lang)
	}
	if f := a.Finding; f != nil {
		c.Finding, c.Subject, c.Measure, c.Reason = f.Code, f.Subject, f.Measure, f.Evidence.In(lang)
		if f.Check != "" {
			c.Check = f.Check
		}
	}
	switch {
	case a.Accepted:
		c.Reason = strings.TrimSpace(knowledge.Text{En: "accepted, although: ", Zh: "已接受风险："}.In(lang) + a.Why.In(lang))
	case c.Reason == "":
		c.Reason = knowledge.Text{En: "asked for by ", Zh: "来自 "}.In(lang) + a.From
	}
	return c
}
