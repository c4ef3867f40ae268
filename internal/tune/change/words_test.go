// SPDX-License-Identifier: Apache-2.0

package change

import (
	"strings"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

func chinese(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool { return r >= 0x4e00 && r <= 0x9fff })
}

// TestStatesInBothLanguages: each state, and the error that names it, is wholly in one
// language.
func TestStatesInBothLanguages(t *testing.T) {
	states := []State{Applying, Confirming, Restoring, Pending, Applied, Confirmed, RolledBack, Failed, Expired, Rebooted, Gone, Undone, Unseen, Damaged}
	seen := map[string]State{}
	for _, s := range states {
		text := s.Text()
		if text.En != string(s) || !chinese(text.Zh) {
			t.Errorf("%q: %+v", s, text)
		}
		if other, twice := seen[text.Zh]; twice {
			t.Errorf("%q and %q are both %s", s, other, text.Zh)
		}
		seen[text.Zh] = s
		err := &EndedError{ID: 3, State: s}
		if zh := problem.Wording(err, true); strings.Contains(zh, string(s)) || !strings.Contains(zh, text.Zh) {
			t.Errorf("%q in Chinese: %s", s, zh)
		}
		if chinese(err.Error()) || !strings.Contains(err.Error(), string(s)) {
			t.Errorf("%q in English: %s", s, err)
		}
	}
}

// TestOldJournal: a journal from before reasons had a Chinese form can be read. The
// program's own reasons are shown in both languages; others stay as they are.
func TestOldJournal(t *testing.T) {
	const begin = `{"step":"begin","change":{"version":1,"id":1,"boot":"b","netns":{"name":"self","inode":4026532600},"settings":[{"key":"net.core.somaxconn","old":"4096","new":"8192","accepted_risk":"it is large."}]}}` + "\n"
	for why, zh := range map[string]string{
		"the program was killed":      "程序被杀死",
		"nobody confirmed it in time": "未在时限内确认",
		"sysctl: permission denied":   "sysctl: permission denied",
		"":                            "",
	} {
		records, _, err := parseJournal([]byte(begin + `{"step":"restored","by":"guard","why":"` + why + `"}` + "\n"))
		if err != nil {
			t.Fatal(err)
		}
		if got := records[1].Reason(); got.En != why || got.Zh != zh {
			t.Errorf("%q: %+v, want %q", why, got, zh)
		}
		if risk := records[0].Change.Settings[0].AcceptedRisk(); risk.En != "it is large." || risk.Zh != risk.En {
			t.Errorf("an accepted risk of an old journal: %+v", risk)
		}
	}
}
