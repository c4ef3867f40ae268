// SPDX-License-Identifier: Apache-2.0

package knowledge

import (
	"strings"
	"testing"
	"unicode"

	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// checkText fails unless t is there in both languages: the Chinese with Han
// characters, the English without any.
func checkText(t *testing.T, where string, text Text) {
	t.Helper()
	han := func(s string) bool { return strings.ContainsFunc(s, isHan) }
	switch {
	case strings.TrimSpace(text.En) == "" || strings.TrimSpace(text.Zh) == "":
		t.Errorf("%s: empty text: %+v", where, text)
	case han(text.En):
		t.Errorf("%s: Han characters in English: %s", where, text.En)
	case !han(text.Zh):
		t.Errorf("%s: no Han character in Chinese: %s", where, text.Zh)
	case text.En != strings.TrimSpace(text.En) || text.Zh != strings.TrimSpace(text.Zh):
		t.Errorf("%s: blanks around the text: %q %q", where, text.En, text.Zh)
	}
}

func isHan(r rune) bool { return unicode.Is(unicode.Han, r) }

func TestEveryCardIsComplete(t *testing.T) {
	for s := range tcp.AllStates.All() {
		card := StateCardOf(s)
		if card.State != s {
			t.Errorf("StateCardOf(%s) is the card of %s", s, card.State)
		}
		checkText(t, s.String()+" summary", card.Summary)
		for _, section := range card.Sections() {
			where := s.String() + ", " + section.Heading.En
			checkText(t, where, section.Heading)
			if len(section.Statements) == 0 {
				t.Errorf("%s: nothing is said", where)
			}
			for _, statement := range section.Statements {
				checkText(t, where, statement.Text)
				checkSource(t, where, statement.Source)
			}
		}
		if len(card.RFC) == 0 {
			t.Errorf("%s: no RFC section", s)
		}
	}
}

// checkSource wants places that a reader can look up.
func checkSource(t *testing.T, where, source string) {
	t.Helper()
	if len((Statement{Source: source}).Proofs()) == 0 {
		t.Errorf("%s: %q is not a source", where, source)
	}
}

// TestDeadFolklore: the four settings of the widely copied blog post are
// answered where people look for them.
func TestDeadFolklore(t *testing.T) {
	avoid := func(s tcp.State) string {
		var all strings.Builder
		for _, st := range StateCardOf(s).Avoid {
			all.WriteString(st.En + "\n" + st.Zh + "\n")
		}
		return all.String()
	}
	for _, test := range []struct {
		state tcp.State
		word  string
	}{
		{tcp.TimeWait, "tcp_tw_recycle"},
		{tcp.TimeWait, "tcp_tw_reuse"},
		{tcp.TimeWait, "tcp_fin_timeout"},
		{tcp.TimeWait, "SO_LINGER"},
		{tcp.CloseWait, "tcp_fin_timeout"},
		{tcp.SynRecv, "tcp_max_syn_backlog"},
		{tcp.Listen, "tcp_max_syn_backlog"},
		{tcp.FinWait2, "between 61 and 119"},
	} {
		if !strings.Contains(avoid(test.state), test.word) {
			t.Errorf("%s does not warn of %s", test.state, test.word)
		}
	}
}

func TestNewSynRecvHasTheCardOfSynRecv(t *testing.T) {
	if got := StateCardOf(tcp.NewSynRecv).State; got != tcp.SynRecv {
		t.Errorf("want SYN_RECV, got %s", got)
	}
	if got := StateCardOf(99); got.State != 0 || got.Summary.En != "" {
		t.Errorf("a state that is none has a card: %+v", got)
	}
}

func TestEventText(t *testing.T) {
	for _, e := range tcp.Events() {
		text := EventText(e)
		if text.En != e.String() || text.Zh == "" {
			t.Errorf("%s: got %+v", e, text)
		}
		if strings.ContainsFunc(text.En, isHan) {
			t.Errorf("%s: Han in English", e)
		}
		name := strings.HasSuffix(text.En, "()") || strings.HasPrefix(text.En, "tcp_")
		if name != !strings.ContainsFunc(text.Zh, isHan) {
			t.Errorf("%s: names of calls and sysctls are kept, all else is translated; got %s", e, text.Zh)
		}
	}
	if got := SendsText(""); got != (Text{}) {
		t.Errorf("nothing sent: got %+v", got)
	}
	if got, want := SendsText("ACK"), (Text{"snd ACK", "发出 ACK"}); got != want {
		t.Errorf("want %+v, got %+v", want, got)
	}
}

func TestParseLang(t *testing.T) {
	for _, test := range []struct {
		code string
		lang Lang
		ok   bool
	}{
		{"en", English, true},
		{"en_GB.UTF-8", English, true},
		{"C", English, true},
		{"C.UTF-8", English, true},
		{"POSIX", English, true},
		{"zh", Chinese, true},
		{"zh_CN.UTF-8", Chinese, true},
		{"zh-Hans", Chinese, true},
		{"ZH", Chinese, true},
		{"zh_SG.utf8", Chinese, true},
		{"zh_TW.UTF-8", English, true},
		{"zh-Hant", English, true},
		{"zh_CN.GBK", English, true},
		{"zh_CN.GB18030", English, true},
		{"de_DE", English, false},
		{"", English, false},
	} {
		if lang, ok := ParseLang(test.code); lang != test.lang || ok != test.ok {
			t.Errorf("ParseLang(%q): want %s %v, got %s %v", test.code, test.lang, test.ok, lang, ok)
		}
	}
}
