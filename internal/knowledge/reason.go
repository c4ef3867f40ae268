// SPDX-License-Identifier: Apache-2.0

package knowledge

import (
	"maps"
	"strings"
	"sync"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// Reasons returns the sentence of every code that a reader gives as the reason
// of a gap. In a sentence
//
//	{1}          is the first argument, and so on; {0} is the source
//	{1:is|are}   is "is" where the first argument is 1, and otherwise "are"
//	[2:text]     is there only where the second argument is not empty
//
// English stands behind "source: "; Chinese is the whole sentence.
func Reasons() map[problem.Code]Text {
	all := map[problem.Code]Text{
		problem.Denied: {En: "{1}", Zh: "{0}：无权读取：{1}"},
		problem.Said:   {En: "{1}", Zh: "{0}，原因：{2}"},
		problem.NoFile: {En: "there is no such file", Zh: "{0}：没有这个文件"},
	}
	for _, part := range []map[problem.Code]Text{lineReasons(), listingReasons(), hostReasons(), judgedReasons(), traceReasons()} {
		maps.Copy(all, part)
	}
	return all
}

// GapText returns source and reason of a gap as one sentence.
func GapText(g problem.Gap) Text {
	t := Text{En: GapSource(g) + ": " + GapReason(g)}
	if words, ok := reasonOf(g.Code); ok {
		t.Zh = fill(words.Zh, arguments(g))
	}
	if t.Zh == "" { // the system said it, in its language
		t.Zh = Term(GapSource(g), Chinese) + "：" + GapReason(g)
	} else if g.Side != "" {
		t.Zh = g.Side + "：" + t.Zh
	}
	return t
}

// GapSource returns what a gap is of, with the side where two are compared.
func GapSource(g problem.Gap) string {
	if g.Side == "" {
		return g.Source
	}
	return g.Side + ": " + g.Source
}

// GapReason returns the reason of a gap in English, without its source.
func GapReason(g problem.Gap) string {
	if words, ok := reasonOf(g.Code); ok {
		return fill(words.En, arguments(g))
	}
	return g.Reason // the system's own words, or a code of a newer version in a snapshot
}

// GapCode returns the code of a gap's reason, "" for one that is not known here:
// a snapshot may have any.
func GapCode(g problem.Gap) problem.Code {
	if _, ok := reasonOf(g.Code); ok {
		return g.Code
	}
	return ""
}

// reasons is [Reasons], made once: a listing can have many gaps.
var reasons = sync.OnceValue(Reasons)

func reasonOf(code problem.Code) (Text, bool) {
	if code == "" {
		return Text{}, false
	}
	t, ok := reasons()[code]
	return t, ok
}

// arguments are what fills the blanks from {0} on.
func arguments(g problem.Gap) []string { return append([]string{g.Source}, g.Args.Texts()...) }

// fill puts arguments into a sentence. One that is missing is empty.
func fill(sentence string, args []string) string {
	var b strings.Builder
	for sentence != "" {
		at := strings.IndexAny(sentence, "{[")
		if at < 0 || at+2 >= len(sentence) {
			break
		}
		n := int(sentence[at+1] - '0')
		closing := strings.IndexByte(sentence[at:], map[byte]byte{'{': '}', '[': ']'}[sentence[at]])
		if n < 0 || n > 9 || closing < 0 { // brackets of the text itself
			b.WriteString(sentence[:at+1])
			sentence = sentence[at+1:]
			continue
		}
		b.WriteString(sentence[:at])
		inner := sentence[at+2 : at+closing]
		value := ""
		if n < len(args) {
			value = args[n]
		}
		b.WriteString(blank(sentence[at], value, inner, args))
		sentence = sentence[at+closing+1:]
	}
	return b.String() + sentence
}

// blank fills one blank, whose argument is value.
func blank(kind byte, value, inner string, args []string) string {
	switch one, many, choice := strings.Cut(strings.TrimPrefix(inner, ":"), "|"); {
	case kind == '[' && value == "":
		return ""
	case kind == '[':
		return fill(inner[1:], args)
	case choice && value == "1":
		return one
	case choice:
		return many
	default:
		return value
	}
}
