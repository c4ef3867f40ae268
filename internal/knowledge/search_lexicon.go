// SPDX-License-Identifier: Apache-2.0

package knowledge

import (
	"bytes"
	_ "embed"
	"iter"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// wordsThatMeanTheSame is read when something is searched for first, see its head.
//
//go:embed search_words.txt
var wordsThatMeanTheSame string

// A lexicon turns text into what is searched for. A word and its other forms, in
// either language, become one token: "refused" and 被拒绝 are the same question.
type lexicon struct {
	western map[string][]string // words by their stems, joined by '_'
	han     map[string][]string
	// leads is how many words the longest form has that begins with a stem, of those with several.
	leads map[string]int
	// longest is how many characters the longest Chinese form has that begins with a character.
	longest map[rune]int
	// faint are names of programs: they tell where a line is from, hardly what it is about.
	faint map[string]bool
	// simplified is for each traditional character the simplified one.
	simplified map[rune]rune
}

// mostWords is how many Western words a form has at most.
const mostWords = 4

func newLexicon() *lexicon {
	l := &lexicon{western: map[string][]string{}, han: map[string][]string{}, leads: map[string]int{}, longest: map[rune]int{}, faint: map[string]bool{}, simplified: simplifiedOf()}
	for line := range strings.Lines(wordsThatMeanTheSame) {
		token, forms, ok := strings.Cut(strings.TrimSpace(line), " | ")
		if !ok || line[0] == '#' {
			continue
		}
		if token == "~" {
			for form := range strings.FieldsSeq(forms) {
				l.faint[stem(form)] = true
			}
			continue
		}
		tokens := strings.Fields(strings.ReplaceAll(token, "-", ""))
		for form := range strings.FieldsSeq(forms) {
			if first := firstRune(form); unicode.Is(unicode.Han, first) {
				l.han[form] = tokens
				l.longest[first] = max(l.longest[first], utf8.RuneCountInString(form))
				continue
			}
			words := strings.Split(form, "_")
			l.western[stems(words)] = tokens
			if len(words) > 1 {
				first := stem(words[0])
				l.leads[first] = max(l.leads[first], len(words))
			}
		}
	}
	return l
}

// stems joins the stems of words.
func stems(words []string) string {
	all := make([]string, len(words))
	for i, word := range words {
		all[i] = stem(word)
	}
	return strings.Join(all, "_")
}

// stemOfName is a run as it is written, with the joint '_' and without its ending.
func stemOfName(run string) string { return stem(strings.ReplaceAll(strings.ToLower(run), "-", "_")) }

// stem is a word of small letters without its ending, alike for all forms of a word.
func stem(word string) string {
	const shortest = 4
	for _, ending := range []string{"ing", "ed", "s"} {
		rest, ok := strings.CutSuffix(word, ending)
		if !ok || len(rest) < shortest-1 || ending == "s" && strings.HasSuffix(rest, "s") {
			continue
		}
		word = rest
		if n := len(word); ending != "s" && n > shortest && word[n-1] == word[n-2] && word[n-1] != 's' && word[n-1] != 'l' {
			word = word[:n-1] // dropped, dropping
		}
		break
	}
	if len(word) > shortest {
		word = strings.TrimSuffix(word, "e")
	}
	return word
}

// tokens cuts text into what is searched for: Western words, the parts of a name
// joined by '_', states in any spelling, and of Chinese, which is written without
// blanks, the words that are known and pairs of the characters between them.
func (l *lexicon) tokens(text string) []string {
	all := l.words(text)
	for run, han := range runs(text) {
		if !han && len(partsOf(run)) > 1 {
			all = append(all, stemOfName(run))
		}
	}
	return all
}

// words are the tokens of a text without names of several words as they are written.
func (l *lexicon) words(text string) []string {
	var all, words []string
	flush := func() {
		all = append(all, l.meant(words)...)
		words = words[:0]
	}
	for run, han := range runs(text) {
		if han {
			flush()
			all = l.chinese(all, run)
			continue
		}
		words = append(words, partsOf(run)...)
	}
	flush()
	if tellsHowMany(all) {
		all = append(all, "many")
	}
	return all
}

// tellsHowMany reports whether tokens are of a state and a large number, as in
// "30000 TIME_WAIT".
func tellsHowMany(tokens []string) bool {
	state, number := false, false
	for _, token := range tokens {
		state = state || namesState(token)
		number = number || largeNumber(token)
	}
	return state && number
}

func namesState(token string) bool {
	s, ok := tcp.ParseBytes([]byte(token))
	return ok && strings.Contains(token, "_") && s.Valid()
}

func largeNumber(token string) bool {
	return len(token) > 3 && strings.Trim(token, "0123456789") == ""
}

// runs yields the stretches of one script in a text, in their order, and for each whether
// it is Chinese.
func runs(text string) iter.Seq2[string, bool] {
	return func(yield func(string, bool) bool) {
		start, before := 0, between // start and script of the current stretch
		for i, r := range text {
			of := scriptOf(r)
			if of == before {
				continue
			}
			if !yieldRun(yield, text[start:i], before) {
				return
			}
			start, before = i, of
		}
		yieldRun(yield, text[start:], before)
	}
}

func yieldRun(yield func(string, bool) bool, run string, of script) bool {
	if of == between {
		return true
	}
	run = strings.Trim(run, "_-")
	return run == "" || yield(run, of == chineseScript)
}

// A script is what tells one run from the next.
type script uint8

const (
	between       script = iota // neither letter nor digit, nor what joins them
	westernScript               // everything that is not Chinese
	chineseScript
)

func scriptOf(r rune) script {
	const first, last = 0x4e00, 0x9fa5 // CJK Unified Ideographs of Unicode 1.1, nearly all that is met
	switch {
	case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9', r == '_', r == '-':
		return westernScript
	case r < utf8.RuneSelf:
		return between
	case first <= r && r <= last:
		return chineseScript
	case !unicode.IsLetter(r) && !unicode.IsDigit(r):
		return between
	case unicode.Is(unicode.Han, r):
		return chineseScript
	default:
		return westernScript
	}
}

// partsOf are the words that a Western run is made of, in small letters: of a name
// joined by '_' or '-', and of a counter's name, such as TCP Time Wait Overflow.
func partsOf(run string) []string {
	var parts []string
	for _, part := range strings.FieldsFunc(run, func(r rune) bool { return r == '_' || r == '-' }) {
		for _, hump := range humps(part) {
			parts = append(parts, strings.ToLower(hump))
		}
	}
	return parts
}

// meant are the tokens of words that follow each other.
func (l *lexicon) meant(words []string) []string {
	var all []string
	for i := 0; i < len(words); {
		n, tokens := l.longestForm(words[i:])
		all = append(all, tokens...)
		i += n
	}
	return all
}

// longestForm is how many words make the longest form that words begin with, and
// what it counts as. A state keeps its words beside its name.
func (l *lexicon) longestForm(words []string) (n int, tokens []string) {
	var room [64]byte // nearly always enough
	var ends [mostWords]int
	stems := room[:0]
	words = words[:min(mostWords, len(words))]
	for i, word := range words {
		if i > 0 {
			stems = append(stems, '_')
		}
		stems = append(stems, stem(word)...)
		ends[i] = len(stems)
	}
	for n := len(words); n > 0; n-- {
		if tokens, ok := l.western[string(stems[:ends[n-1]])]; ok {
			return n, tokens
		}
		if state, ok := spelledState(words[:n]); ok {
			if n == 1 {
				return n, []string{state}
			}
			all := []string{state}
			for _, word := range words[:n] {
				all = append(all, stem(word))
			}
			return n, all
		}
	}
	return 1, []string{stem(words[0])}
}

// mostOfState is how many words the name of a state has at most.
const mostOfState = 3

// spelledState is the state that some words spell together, such as "fin wait 2". A
// single word is one only if it is two in one, as closewait: "close" and "listen" are
// said of other things too.
func spelledState(words []string) (string, bool) {
	const shortest = 7 // lastack
	if len(words) > mostOfState {
		return "", false
	}
	var room [64]byte
	joined := room[:0]
	for i, word := range words {
		if i > 0 {
			joined = append(joined, '_')
		}
		joined = append(joined, word...)
	}
	joined = bytes.TrimSuffix(joined, []byte("s")) // TIME_WAITs
	if len(joined) < shortest || len(words) == 1 && plainWord(string(joined)) {
		return "", false
	}
	s, ok := tcp.ParseBytes(joined)
	if !ok {
		return "", false
	}
	return strings.ToLower(s.Reported().String()), true
}

func plainWord(word string) bool {
	switch word {
	case "established", "listening", "closing", "unconnected":
		return true
	}
	return false
}

// chinese cuts a run of Chinese characters: the longest known words first, pairs of
// what is between them; one character alone says something only if nothing else does.
// It appends to all.
func (l *lexicon) chinese(all []string, run string) []string {
	unknown := 0 // where the unknown text begins
	for i, r := range run {
		if i < unknown || l.longest[r] == 0 {
			continue
		}
		if known, tokens := l.knownHan(run[i:], l.longest[r]); known > 0 {
			all = append(pairs(all, run[unknown:i], false), tokens...)
			unknown = i + known
		}
	}
	return pairs(all, run[unknown:], unknown == 0)
}

// knownHan is how many bytes make the longest known word that characters begin with, of
// which most can be of it. A single one is a word only at the end: within a run it is a
// part of another.
func (l *lexicon) knownHan(run string, most int) (known int, tokens []string) {
	n := 0
	for i, r := range run {
		if n == most {
			break
		}
		n++
		end := i + utf8.RuneLen(r)
		found, ok := l.han[run[:end]]
		if ok && (n > 1 || len(found) == 0 || l.saysNothing(run[end:])) {
			known, tokens = end, found
		}
	}
	return known, tokens
}

// saysNothing reports characters that end a run and say nothing, none among them.
func (l *lexicon) saysNothing(run string) bool {
	tokens, ok := l.han[run]
	return run == "" || ok && len(tokens) == 0
}

// pairs appends the overlapping pairs of characters; one character stays if it is alone.
func pairs(all []string, run string, alone bool) []string {
	first, second := 0, 0 // where the last two characters begin
	for i := range run {
		if i > 0 && second > 0 {
			all = append(all, run[first:i])
		}
		first, second = second, i
	}
	switch {
	case second > 0:
		all = append(all, run[first:])
	case alone && run != "":
		all = append(all, run)
	}
	return all
}

// humps cuts a counter's name where its words begin: TCP Time Wait Overflow.
func humps(name string) []string {
	var parts []string
	runes := []rune(name)
	start := 0
	for i := 1; i < len(runes); i++ {
		begins := unicode.IsUpper(runes[i]) && (unicode.IsLower(runes[i-1]) || i+1 < len(runes) && unicode.IsUpper(runes[i-1]) && unicode.IsLower(runes[i+1]))
		if begins {
			parts = append(parts, string(runes[start:i]))
			start = i
		}
	}
	return append(parts, string(runes[start:]))
}

func firstRune(s string) rune {
	for _, r := range s {
		return r
	}
	return 0
}

func unique(words []string) []string {
	slices.Sort(words)
	return slices.Compact(words)
}
