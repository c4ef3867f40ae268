// SPDX-License-Identifier: Apache-2.0

package problem_test

import (
	"errors"
	"fmt"
	"io/fs"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

func TestWordingInBothLanguages(t *testing.T) {
	locked := problem.New("it is locked", "它被锁定")
	usage := &problem.UsageError{Msg: "no such thing", Zh: "没有这个"}
	for _, tt := range []struct {
		name   string
		err    error
		en, zh string
	}{
		{"new", locked, "it is locked", "它被锁定"},
		{"of the system", fs.ErrPermission, "permission denied", "permission denied"},
		{"arguments", problem.Errorf("made %d of %s", "%[2]s 有 %[1]d 个", 3, "a"), "made 3 of a", "a 有 3 个"},
		{"wrapped", problem.Errorf("read %s: %w", "读取 %s：%w", "a", locked), "read a: it is locked", "读取 a：它被锁定"},
		{"below a name", fmt.Errorf("sysctl a: %w", locked), "sysctl a: it is locked", "sysctl a: 它被锁定"},
		{"two of them", fmt.Errorf("%w: %w", usage, locked), "no such thing: it is locked", "没有这个: 它被锁定"},
		{"joined", errors.Join(locked, usage), "it is locked\nno such thing", "它被锁定\n没有这个"},
		{
			"of a type", &problem.PermissionError{Op: "read a", OpZh: "读取 a", Err: locked, Need: []string{"root"}},
			"read a: it is locked (needs root)", "读取 a：它被锁定（需要 root）",
		},
		{"a sign in a sentence", problem.New("100%d", "100%d"), "100%d", "100%d"},
	} {
		if en, zh := problem.Wording(tt.err, false), problem.Wording(tt.err, true); en != tt.en || zh != tt.zh {
			t.Errorf("%s: %q, %q; want %q, %q", tt.name, en, zh, tt.en, tt.zh)
		}
		if en, zh := problem.Lines(tt.err, false), problem.Lines(tt.err, true); en != tt.en || zh != tt.zh {
			t.Errorf("%s, in lines: %q, %q; want %q, %q", tt.name, en, zh, tt.en, tt.zh)
		}
	}
}

// TestLinesOfOthers: a line feed in what others wrote makes no line, in either
// language, below a sentence too.
func TestLinesOfOthers(t *testing.T) {
	evil := &problem.UsageError{Msg: "a\nb", Zh: "甲\n乙"}
	err := problem.Errorf("it failed: %w", "失败：%w", errors.Join(evil, errors.New("c")))
	if got, want := problem.Lines(err, false), "it failed: a\\nb\nc"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got, want := problem.Lines(err, true), "失败：甲\\n乙\nc"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestSaidIsFound: what stands in both languages is found as any error is.
func TestSaidIsFound(t *testing.T) {
	locked := problem.New("it is locked", "它被锁定")
	err := fmt.Errorf("a: %w", problem.Errorf("lock: %w", "锁：%w", locked))
	if !errors.Is(err, locked) {
		t.Error("it is not found")
	}
	usage := &problem.UsageError{Msg: "a"}
	if found, ok := errors.AsType[*problem.UsageError](problem.Errorf("b: %w", "乙：%w", usage)); !ok || found != usage {
		t.Error("its type is not found")
	}
}
