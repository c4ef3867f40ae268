// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
)

// Kind is the kind of answer to a request.
type Kind uint8

const (
	// Planned means: the request is in the plan.
	Planned Kind = iota + 1
	// AlreadySo means: the parameter has the value already.
	AlreadySo
	// NoEffect means: the kernel would accept the value and nothing would change.
	NoEffect
	// Refused means: the value does more harm than good, or the kernel does not accept it.
	Refused
	// WrongTarget means: the value affects something other than what it is meant for.
	WrongTarget
	// Absent means: the parameter does not exist in this namespace.
	Absent
	// ReadOnly means: the parameter cannot be set in this namespace.
	ReadOnly
	// NotReadable means: the parameter could not be read.
	NotReadable
	// NoValue means: a finding says that the parameter would help, but names no value.
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

// An Answer tells what becomes of a request, and why.
type Answer struct {
	Request
	Kind Kind
	Now  string // the present value, "" if there is none
	// Why is the reason, without a full stop. Do is what to do instead: a sentence,
	// or "".
	Why, Do knowledge.Text
	// Acceptable says that --accept-risk turns the answer into a change.
	Acceptable bool
	Accepted   bool
	Known      knowledge.Sysctl // the parameter's entry in the catalogue; its Key is "" if there is none
}

// Sentence returns the reason and what to do.
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
	if lang == knowledge.Chinese { // in Chinese no blank follows a full stop
		return why + do
	}
	return strings.TrimSpace(why + " " + do)
}

// change returns the entry of a plan for this answer.
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
