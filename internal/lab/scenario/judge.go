// SPDX-License-Identifier: Apache-2.0

package scenario

import (
	"context"
	"errors"
	"fmt"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/lab/script"
	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// judge sets the verdict. It does not use the expected verdict.
func (r *Result) judge(evidence []script.Evidence, err error) {
	r.Evidence, r.Err = evidence, err
	var denied *problem.PermissionError
	switch {
	case err == nil:
		r.Verdict, r.Why = weigh(evidence)
	case errors.Is(err, problem.ErrNotSupported), errors.As(err, &denied):
		r.Verdict, r.Why = NotPossible, reason(err)
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		r.Verdict, r.Why = Failed, knowledge.Text{En: "interrupted", Zh: "被中断"}
	default:
		r.Verdict, r.Why = Failed, reason(err)
	}
}

// excuse turns an unexpected result into NotPossible if err, a reason outside the
// experiment, explains it.
func (r *Result) excuse(err error) {
	if err != nil {
		r.Verdict, r.Why, r.Err = NotPossible, reason(err), err
	}
}

// reason is the text of the error, with what the user can do about it.
func reason(err error) knowledge.Text {
	text := knowledge.ErrorText(err)
	if unsupported, ok := errors.AsType[*problem.UnsupportedError](err); ok && unsupported.Hint != "" {
		text.En += " (" + unsupported.Hint + ")"
		text.Zh += "（" + problem.Hint(unsupported, true) + "）"
	}
	return text
}

// weigh counts the evidence for and against the claim.
func weigh(evidence []script.Evidence) (Verdict, knowledge.Text) {
	var pro, con int
	for _, e := range evidence {
		if e.For() {
			pro++
		} else {
			con++
		}
	}
	surprise := unexpected(evidence)
	switch {
	case pro == 0 && con == 0:
		return Failed, knowledge.Text{En: "the script looks at nothing", Zh: "脚本没有任何观察"}
	case con == 0:
		all := count("proves it", "prove it", "支持", pro)
		return Holds, knowledge.Text{En: all.En + surprise.En, Zh: all.Zh + surprise.Zh}
	case pro == 0:
		all := count("contradicts it", "contradict it", "与之矛盾", con)
		return Refuted, knowledge.Text{En: all.En + surprise.En, Zh: all.Zh + surprise.Zh}
	default:
		return Depends, knowledge.Text{
			En: fmt.Sprintf("%d of %d observations contradict it", con, pro+con) + surprise.En,
			Zh: fmt.Sprintf("%d 项观察中有 %d 项与之矛盾", pro+con, con) + surprise.Zh,
		}
	}
}

// count writes a number of observations with the verb in the right form.
func count(one, many, chinese string, n int) knowledge.Text {
	if n == 1 {
		return knowledge.Text{En: "the one observation " + one, Zh: "唯一的观察" + chinese}
	}
	return knowledge.Text{En: fmt.Sprintf("all %d observations %s", n, many), Zh: fmt.Sprintf("%d 项观察全部%s", n, chinese)}
}

// unexpected quotes the observation whose result differs from the script.
func unexpected(evidence []script.Evidence) knowledge.Text {
	for _, e := range evidence {
		if !e.Held {
			return knowledge.Text{En: fmt.Sprintf("; line %d: %s", e.Line, e.Got.En), Zh: fmt.Sprintf("；第 %d 行：%s", e.Line, e.Got.Zh)}
		}
	}
	return knowledge.Text{}
}
