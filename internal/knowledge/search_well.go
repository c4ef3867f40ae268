// SPDX-License-Identifier: Apache-2.0

package knowledge

import (
	"strings"
	"unicode/utf8"
)

// withoutWell is a text without what it says is well, as nobody asks about that: "ping
// 正常" before "scp 卡住", "cpu is fine" before "new connections hang". It leaves what
// nothing else stands beside.
func withoutWell(text string) string {
	const most = 4 // so that a long text is not gone through again and again
	for range most {
		shorter := withoutFirstWell(text)
		if shorter == text {
			break
		}
		text = shorter
	}
	return text
}

// withoutFirstWell leaves out the first thing that is said to be well.
func withoutFirstWell(text string) string {
	all := stretches(text)
	for i, one := range all {
		first, ok := saysWell(all, i)
		if !ok || len(all)-(i+1-first) < 2 {
			continue
		}
		apart := first > 0 && strings.ContainsAny(text[all[first-1].end:all[first].start], ",，;；。")
		if i+2 >= len(all) && !apart && !one.apart {
			continue // it may be what is asked
		}
		return text[:all[first].start] + " " + text[one.end:]
	}
	return text
}

// A stretch is a run in a text, a Chinese one up to a "but" at most.
type stretch struct {
	text       string
	start, end int
	han, apart bool // apart: a "but" stands beside it
}

func stretches(text string) (all []stretch) {
	at := 0
	for run, han := range runs(text) {
		at += strings.Index(text[at:], run)
		rest := run
		if han {
			for _, but := range []string{"但是", "但", "可是", "不过", "却"} {
				before, after, ok := strings.Cut(rest, but)
				if ok && before != "" && after != "" {
					all = append(all, stretch{before, at, at + len(before), true, true})
					at += len(before) + len(but)
					rest = after
					break
				}
			}
		}
		all = append(all, stretch{rest, at, at + len(rest), han, len(rest) < len(run)})
		at += len(rest)
	}
	return all
}

// saysWell reports whether the stretch i ends what is said to be well, and where that
// begins.
func saysWell(all []stretch, i int) (first int, ok bool) {
	const longest = 6 // characters
	one := all[i]
	first = i
	if one.han {
		if !endsWell(one.text) || utf8.RuneCountInString(one.text) > longest {
			return 0, false
		}
		if first > 0 && !all[first-1].han { // ping 正常
			first--
		}
		return first, true
	}
	switch strings.ToLower(one.text) {
	case "fine", "ok", "okay", "healthy":
	default:
		return 0, false
	}
	if first > 0 && isVerb(all[first-1].text) {
		first--
	}
	if first > 0 && !all[first-1].han {
		first--
	}
	return first, first < i
}

func isVerb(word string) bool {
	switch strings.ToLower(word) {
	case "is", "are", "was", "looks", "look", "works", "seems":
		return true
	}
	return false
}

func endsWell(run string) bool {
	for _, well := range []string{"正常", "没问题", "没事", "不高", "很低", "得通", "能通", "通的", "都通"} {
		if strings.HasSuffix(run, well) {
			return true
		}
	}
	return run == "通"
}
