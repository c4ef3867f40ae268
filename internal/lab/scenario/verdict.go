// SPDX-License-Identifier: Apache-2.0

package scenario

import (
	"fmt"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// Verdict is the result of an experiment about a claim on this kernel.
type Verdict uint8

// The verdicts.
const (
	// Failed: the experiment itself went wrong and says nothing about the claim. It is
	// never the expected verdict.
	Failed Verdict = iota
	// Holds: every observation that should prove the claim did so.
	Holds
	// Refuted: the observations contradict the claim.
	Refuted
	// Depends: some observations prove the claim and some contradict it.
	Depends
	// NotPossible: the experiment cannot be run here; the reason says why.
	NotPossible
)

// Verdicts returns every verdict in the order of their constants.
func Verdicts() []Verdict { return []Verdict{Failed, Holds, Refuted, Depends, NotPossible} }

// String returns the verdict as scripts and JSON write it: failed, holds,
// refuted, depends, not-possible.
func (v Verdict) String() string {
	switch v {
	case Holds:
		return "holds"
	case Refuted:
		return "refuted"
	case Depends:
		return "depends"
	case NotPossible:
		return "not-possible"
	default:
		return "failed"
	}
}

// Text returns the verdict in words for the user.
func (v Verdict) Text() knowledge.Text {
	switch v {
	case Holds:
		return knowledge.Text{En: "holds", Zh: "成立"}
	case Refuted:
		return knowledge.Text{En: "refuted", Zh: "不成立"}
	case Depends:
		return knowledge.Text{En: "depends", Zh: "视情况而定"}
	case NotPossible:
		return knowledge.Text{En: "not possible here", Zh: "此处无法实验"}
	default:
		return knowledge.Text{En: "failed", Zh: "实验失败"}
	}
}

// ParseVerdict is the inverse of [Verdict.String] for the verdicts that can be
// expected: holds, refuted and depends.
func ParseVerdict(name string) (Verdict, error) {
	for _, v := range []Verdict{Holds, Refuted, Depends} {
		if strings.EqualFold(name, v.String()) {
			return v, nil
		}
	}
	return Failed, &problem.UsageError{
		Msg: fmt.Sprintf("unknown verdict %q: expected is holds, refuted or depends", name),
		Zh:  fmt.Sprintf("没有结论 %q：expect 可以是 holds、refuted 或 depends", name),
	}
}
