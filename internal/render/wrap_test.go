// SPDX-License-Identifier: Apache-2.0

package render

import (
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
)

func TestWidth(t *testing.T) {
	for _, test := range []struct {
		text string
		want int
	}{
		{"", 0},
		{"TIME_WAIT", 9},
		{"连接", 4},
		{"，。（", 6},
		{"收到 SYN", 8},
		{"┌─┄►▼│•·", 8},
		{"é", 1},
	} {
		if got := Width(test.text); got != test.want {
			t.Errorf("Width(%q): want %d, got %d", test.text, test.want, got)
		}
	}
	if got, want := Pad("连接", 6), "连接  "; got != want {
		t.Errorf("Pad: want %q, got %q", want, got)
	}
	if got, want := Pad("连接", 3), "连接"; got != want {
		t.Errorf("Pad: want %q, got %q", want, got)
	}
}

func TestWrap(t *testing.T) {
	for _, test := range []struct {
		name, text string
		width      int
		want       []string
	}{
		{"nothing", "", 10, nil},
		{"blanks", "  ", 10, nil},
		{"words", "the quick brown fox", 10, []string{"the quick", "brown fox"}},
		{"exactly", "the quick", 9, []string{"the quick"}},
		{"newlines are blanks", "a\nb  c", 9, []string{"a b c"}},
		{"a long word is cut", "abcdefghij xy", 4, []string{"abcd", "efgh", "ij", "xy"}},
		{"a path is cut at a slash", "net/ipv4/tcp_input.c", 12, []string{"net/ipv4/", "tcp_input.c"}},
		{"a unit stays with its number", "lasts 60 s. It", 9, []string{"lasts", "60 s. It"}},
		{"a Chinese one too", "等待 60 秒消失", 8, []string{"等待", "60 秒消", "失"}},
		{"no character stays alone", "共有十八个连接处于同一状态：正常，无需更改", 40, []string{"共有十八个连接处于同一状态：正常，", "无需更改"}},
		{"nor without a comma near", "共有十八个连接处于同一状态而且完全正常无需更", 42, []string{"共有十八个连接处于同一状态而且完全正常", "无需更"}},
		{"two blanks", "60  s", 3, []string{"60", "s"}},
		{"a number at the end", "at 60 ", 5, []string{"at 60"}},
		{"numbers stay whole", "默认 28,232 口", 9, []string{"默认", "28,232 口"}},
		{"numbers do not break at the comma", "默认值28,232口", 9, []string{"默认值", "28,232口"}},
		{"names stay whole", "参数tcp_fin_timeout无效", 17, []string{"参数", "tcp_fin_timeout无", "效"}},
		{"between Han", "连接已经结束", 8, []string{"连接已经", "结束"}},
		{"half a Han does not fit", "连接已经", 5, []string{"连接", "已经"}},
		{"no full stop first", "连接已经结束。", 12, []string{"连接已经结", "束。"}},
		{"no opening bracket last", "连接（结束）", 6, []string{"连接", "（结", "束）"}},
		{"quotes stay with their word", "它叫“等待”吗", 6, []string{"它叫", "“等待”", "吗"}},
		{"Latin and Han", "收到SYN之后", 7, []string{"收到SYN", "之后"}},
		{"a wide character in one column", "连", 1, []string{"连"}},
	} {
		if got := Wrap(test.text, test.width); !slices.Equal(got, test.want) {
			t.Errorf("%s: Wrap(%q, %d):\nwant %q\n got %q", test.name, test.text, test.width, test.want, got)
		}
	}
}

// TestWrapAlloc: the number and the size of allocations are in proportion to the
// length of the text.
// TestShorten: what is cut keeps its column, also where the locale has ASCII only.
func TestShorten(t *testing.T) {
	for _, test := range []struct {
		text  string
		width int
		want  string
	}{
		{"net.ipv4.tcp_rmem", 17, "net.ipv4.tcp_rmem"},
		{"net.ipv4.tcp_rmem", 16, "net.ipv4.tcp_..."},
		{"端口不足", 7, "端口..."},
		{"端口不足", 6, "端..."},
	} {
		got := Shorten(test.text, test.width)
		if ascii := ASCII(got); got != test.want || Width(ascii) != Width(got) {
			t.Errorf("%q in %d columns: %q, as ASCII %q", test.text, test.width, got, ascii)
		}
	}
}

func TestWrapAlloc(t *testing.T) {
	for name, unit := range map[string]string{"a word": "a.", "words": "a b ", "Han": "中", "numbers": "1 1 ", "units": "1 s"} {
		for _, width := range []int{2, 80, 1 << 15} {
			const n = 16 << 10
			bytes := func(text string) uint64 {
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				Wrap(text, width)
				runtime.ReadMemStats(&after)
				return after.TotalAlloc - before.TotalAlloc
			}
			small, large := bytes(strings.Repeat(unit, n/len(unit))), bytes(strings.Repeat(unit, 4*n/len(unit)))
			if large > 8*small {
				t.Errorf("%s in %d columns: %d bytes for %d, %d for %d", name, width, small, n, large, 4*n)
			}
		}
	}
}

func FuzzWrap(f *testing.F) {
	f.Add("the quick brown fox", 7)
	f.Add("连接已经结束。本端（先关闭）是 28,232 个", 9)
	f.Add("tcp_fin_timeout：61～119", 3)
	f.Add("", 0)
	f.Fuzz(func(t *testing.T, text string, width int) {
		if !utf8.ValidString(text) || len(text) > 1000 || strings.ContainsFunc(text, odd) {
			t.Skip("the texts are our own: valid, printable, without combining characters")
		}
		width = 2 + (width%200+200)%200
		lines := Wrap(text, width)
		for i, line := range lines {
			if Width(line) > width {
				t.Fatalf("line %q is wider than %d", line, width)
			}
			if line == "" || line != strings.Trim(line, " ") {
				t.Fatalf("line %d is %q", i, line)
			}
		}
		bare := func(s string) string { return strings.NewReplacer(" ", "", "\n", "").Replace(s) }
		if got := bare(strings.Join(lines, "")); got != bare(text) {
			t.Fatalf("text is lost: want %q, got %q", bare(text), got)
		}
	})
}

// odd reports whether a character is neither ASCII nor Han nor Chinese punctuation.
func odd(r rune) bool {
	return r != '\n' && (r < ' ' || r > '~') && !chinese(r) && r != '～'
}

// TestEveryCardFits: at every width and in both languages, no line is too wide, none
// begins with closing punctuation, and every statement is present.
func TestEveryCardFits(t *testing.T) {
	for _, lang := range languages {
		for _, width := range []int{40, 60, 80, 120} {
			for _, topic := range knowledge.Topics() {
				checkPage(t, topic, Options{Lang: lang, Width: width, Sources: true})
			}
		}
	}
}

func checkPage(t *testing.T, topic knowledge.Topic, o Options) {
	t.Helper()
	page := Topic(topic, o)
	for line := range strings.Lines(page) {
		line = strings.TrimSuffix(line, "\n")
		if Width(line) > o.Width {
			t.Errorf("%s (%s): wider than %d: %s", topic.Name, o.Lang, o.Width, line)
		}
		if first, _ := utf8.DecodeRuneInString(strings.TrimLeft(line, " ")); strings.ContainsRune("，。、；：？！）”,.;:", first) && line != "" {
			t.Errorf("%s (%s) at %d: begins with %q: %s", topic.Name, o.Lang, o.Width, first, line)
		}
	}
	bare := func(s string) string { return strings.NewReplacer(" ", "", "\n", "").Replace(s) }
	for _, section := range topic.Sections {
		for _, st := range section.Statements {
			if !strings.Contains(bare(page), bare(st.In(o.Lang)+"["+st.SourceIn(o.Lang)+"]")) {
				t.Errorf("%s (%s): missing: %s [%s]", topic.Name, o.Lang, st.In(o.Lang), st.Source)
			}
		}
	}
}

// TestColourOnlyAddsColour: a coloured drawing without its escape sequences equals the
// plain one, and without o.Colour there are no escape sequences.
func TestColourOnlyAddsColour(t *testing.T) {
	escape := regexp.MustCompile("\x1b\\[[0-9]*m")
	for _, topic := range knowledge.Topics() {
		for _, o := range []Options{{Sources: true}, {Lang: knowledge.Chinese, Width: 60}} {
			want := Topic(topic, o) + Diagram(sample(), o)
			if strings.Contains(want, "\x1b") {
				t.Errorf("%s: colour without being asked", topic.Name)
			}
			o.Colour = true
			if got := escape.ReplaceAllString(Topic(topic, o)+Diagram(sample(), o), ""); got != want {
				t.Errorf("%s: colour changes the text", topic.Name)
			}
		}
	}
}

// TestNarrow: widths below 40 count as 40.
func TestNarrow(t *testing.T) {
	topic := knowledge.StateTopics()[0]
	if Topic(topic, Options{Width: 3}) != Topic(topic, Options{Width: 40}) {
		t.Error("3 columns are not taken as 40")
	}
}

func BenchmarkTopic(b *testing.B) {
	topic := knowledge.StateTopics()[0]
	for b.Loop() {
		Topic(topic, Options{Lang: knowledge.Chinese})
	}
}
