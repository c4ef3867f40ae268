// SPDX-License-Identifier: Apache-2.0

package change_test

import (
	"errors"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/tune/change"
)

// TestRefusedLines: each reason has one line, foreign text begins no line, and the
// kind of the whole error is not that of a single reason.
func TestRefusedLines(t *testing.T) {
	err := error(&change.RefusedError{Problems: []change.Problem{
		{Key: "a", Line: 2, Why: problem.New("x\ny", "甲\n乙")}, {Key: "b", Why: &problem.PermissionError{Op: "write b", OpZh: "写入 b"}},
	}})
	if got, want := problem.Lines(err, false), "nothing was written: line 2: a: x\\ny\nb: "+problem.Wording(&problem.PermissionError{Op: "write b"}, false); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got, want := problem.Lines(err, true), "什么也没写：第 2 行：a：甲\\n乙\nb："+problem.Wording(&problem.PermissionError{OpZh: "写入 b"}, true); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if _, as := errors.AsType[*problem.PermissionError](err); as || problem.Hint(err, false) != (&change.RefusedError{}).Hint() {
		t.Errorf("it is the permission of one reason, or has its hint %q", problem.Hint(err, false))
	}
}
