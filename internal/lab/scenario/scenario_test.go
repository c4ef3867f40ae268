// SPDX-License-Identifier: Apache-2.0

package scenario

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/lab/script"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/socket"
)

func TestEveryScenarioIsComplete(t *testing.T) {
	seen := make(map[string]bool)
	for _, s := range All() {
		if seen[s.Name] {
			t.Errorf("%s: two scenarios have this name", s.Name)
		}
		seen[s.Name] = true
		if !regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`).MatchString(s.Name) {
			t.Errorf("%s: names are lower case with hyphens", s.Name)
		}
		if s.Expected == Failed || len(s.See) == 0 || s.Topic == "" {
			t.Errorf("%s: expected %v, sources %v, topic %q", s.Name, s.Expected, s.See, s.Topic)
		}
		if waits := s.Script.Waits(); waits.Seconds() > 4 && s.Slow == 0 {
			t.Errorf("%s waits for %v and is not marked as slow", s.Name, waits)
		}
		for what, text := range map[string][2]string{"title": {s.Title.En, s.Title.Zh}, "claim": {s.Claim.En, s.Claim.Zh}} {
			if text[0] == "" || text[0] == s.Name || !chinese(text[1]) && text[1] != text[0] {
				t.Errorf("%s: %s is not in both languages: %q", s.Name, what, text)
			}
		}
		text, err := files.ReadFile("tcp/" + s.Topic + "/" + s.File)
		if err != nil {
			t.Error(err)
		}
		for line := range strings.Lines(string(text)) {
			if strings.HasPrefix(line, "note ") && !chinese(line) {
				t.Errorf("%s: %s is in English only", s.Name, strings.TrimSpace(line))
			}
		}
		if !chinese(s.Claim.Zh) || strings.HasPrefix(s.Claim.En, "everything comes out") {
			t.Errorf("%s: claim %+v", s.Name, s.Claim)
		}
	}
	if len(seen) < 110 {
		t.Errorf("there are %d scenarios only", len(seen))
	}
}

func chinese(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool { return unicode.Is(unicode.Han, r) })
}

// The scenarios that answer the questions of every how-to must exist under their
// names.
func TestQuestionsOfTheHowTo(t *testing.T) {
	for _, name := range []string{
		"active-close", "lost-last-ack", "lost-last-ack-without-time-wait", "old-duplicate", "old-duplicate-corrupts",
		"old-duplicate-timestamps", "established-reset", "linger-zero", "retries2", "user-timeout", "rcvtimeo", "sndtimeo",
		"fin-timeout-bounds", "tw-reuse-0", "tw-reuse-1", "tw-reuse-2", "tw-reuse-2-loopback", "tw-recycle-absent",
		"max-tw-buckets", "rfc1337", "ports-exhaustion", "syncookies-0", "syncookies-1", "syncookies-2",
		"accept-overflow-0", "accept-overflow-1", "simultaneous-open", "simultaneous-close", "half-close",
	} {
		if _, err := Find(name); err != nil {
			t.Error(err)
		}
	}
}

func TestFindSuggests(t *testing.T) {
	_, err := Find("lost-last")
	usage, ok := errors.AsType[*problem.UsageError](err)
	if !ok || !strings.Contains(usage.Hint, "lost-last-ack") {
		t.Errorf("got %#v", err)
	}
}

func TestLoad(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	s, err := Load(write("mine.tcp", "kernel listen\npeer SYN\nexpect SYN,ACK\n"))
	if err != nil || s.Name != "mine" || s.Topic != "user" || s.Expected != Holds || len(s.Families) != 2 {
		t.Errorf("got %+v, %v", s, err)
	}
	s, err = Load(write("six.tcp", "title: One\nexpect: Refuted\nfamily: ipv6\nslow: 61s\nneeds: a.b, c\nsee: x; y\n\nkernel listen\n"))
	if err != nil || s.Expected != Refuted || s.Families[0] != socket.IPv6 || s.Slow.Seconds() != 61 || len(s.Needs) != 2 || len(s.See) != 2 {
		t.Errorf("got %+v, %v", s, err)
	}
	for name, text := range map[string]string{
		"verdict": "expect: maybe\n\nkernel listen\n", "header": "colour: red\n\nkernel listen\n",
		"slow": "slow: long\n\nkernel listen\n", "family": "family: ipx\n\nkernel listen\n",
	} {
		file := write(name+".tcp", text)
		_, err := Load(file)
		wrong, ok := errors.AsType[*script.Error](err)
		if !ok || wrong.Line != 1 || !strings.HasPrefix(err.Error(), file+":1: ") {
			t.Errorf("%s: got %v", name, err)
		} else if !chinese(wrong.Err.Zh) || !chinese(wrong.Err.HintZh) {
			t.Errorf("%s: what it says, or its hint, has no Chinese: %+v", name, wrong.Err)
		}
	}
	if _, err := Load(write("long.tcp", strings.Repeat("#\n", maxFile))); err == nil {
		t.Error("a script of 2 MiB was read")
	}
	if _, err := Load(filepath.Join(dir, "none.tcp")); err == nil || !strings.Contains(err.Error(), "none.tcp: no such file") {
		t.Errorf("got %v", err)
	}
}

func TestJudge(t *testing.T) {
	pro := script.Evidence{Bearing: script.Proves, Held: true}
	proFailed := script.Evidence{Bearing: script.Proves, Got: knowledge.Text{En: "something else", Zh: "别的"}, Line: 7}
	con := script.Evidence{Bearing: script.Refutes, Held: true}
	conFailed := script.Evidence{Bearing: script.Refutes, Got: knowledge.Text{En: "something else", Zh: "别的"}, Line: 7}
	denied := &problem.PermissionError{Op: "x"}
	tests := []struct {
		evidence []script.Evidence
		err      error
		want     Verdict
		expected bool // when the scenario expects that verdict
	}{
		{[]script.Evidence{pro, pro}, nil, Holds, true},
		{[]script.Evidence{con}, nil, Refuted, true},
		{[]script.Evidence{pro, con}, nil, Depends, true},
		{[]script.Evidence{proFailed}, nil, Refuted, false},
		{[]script.Evidence{conFailed}, nil, Holds, false},
		{[]script.Evidence{pro, proFailed}, nil, Depends, false},
		{nil, nil, Failed, false},
		{[]script.Evidence{pro}, errors.New("trouble"), Failed, false},
		{nil, &script.RunError{Err: &problem.UnsupportedError{Feature: "f", Reason: "r", Hint: "h"}}, NotPossible, true},
		{nil, denied, NotPossible, true},
	}
	for _, tt := range tests {
		r := &Result{Scenario: &Scenario{Expected: tt.want}}
		r.judge(tt.evidence, tt.err)
		if r.Verdict != tt.want || r.AsExpected() != tt.expected || r.Why.En == "" || r.Why.Zh == "" {
			t.Errorf("%+v, %v: got %v (%v), as expected: %v", tt.evidence, tt.err, r.Verdict, r.Why, r.AsExpected())
		}
	}
}

// TestVaries: where kernels differ, every verdict on the claim is as expected, but
// Failed is not.
func TestVaries(t *testing.T) {
	s, err := Parse("own.tcp", "varies: before and after some fix\nexpect: depends\n\nmark\n")
	if err != nil {
		t.Fatal(err)
	}
	for verdict, want := range map[Verdict]bool{Holds: true, Refuted: true, Depends: true, Failed: false, NotPossible: false} {
		if got := (&Result{Scenario: s, Verdict: verdict}).AsExpected(); got != want {
			t.Errorf("%v: as expected is %v", verdict, got)
		}
	}
}

func TestVerdictNames(t *testing.T) {
	for _, v := range Verdicts() {
		got, err := ParseVerdict(strings.ToUpper(v.String()))
		if possible := v != Failed && v != NotPossible; possible != (err == nil) || possible && got != v {
			t.Errorf("%v: got %v, %v", v, got, err)
		}
		if v.Text().En == "" || !chinese(v.Text().Zh) {
			t.Errorf("%v: %+v", v, v.Text())
		}
	}
}
