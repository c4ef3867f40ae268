// SPDX-License-Identifier: Apache-2.0

package knowledge

import (
	_ "embed"
	"slices"
	"strings"
	"unicode"

	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// wordsThatMeanTheSame is read when something is searched for first, see its head.
//
//go:embed search_words.txt
var wordsThatMeanTheSame string

// A lexicon turns text into what is searched for. A word and its other forms, in
// either language, become one token: "refused" and 被拒绝 are the same question.
type lexicon struct {
	western map[string][]string // by stems, joined by '_'
	han     map[string][]string
	longest int // characters of the longest Chinese form
	// faint are names of programs: they tell where a line is from, hardly what it is about.
	faint map[string]bool
	// simplified is for each traditional character the simplified one.
	simplified map[rune]rune
}

// mostWords is how many Western words a form has at most.
const mostWords = 4

func newLexicon() *lexicon {
	l := &lexicon{western: map[string][]string{}, han: map[string][]string{}, faint: map[string]bool{}, simplified: simplifiedOf()}
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
			if unicode.Is(unicode.Han, firstRune(form)) {
				l.han[form] = tokens
				l.longest = max(l.longest, len([]rune(form)))
				continue
			}
			l.western[stems(strings.Split(form, "_"))] = tokens
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
	for _, run := range runs(text) {
		if strings.ContainsFunc(run, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
			continue
		}
		if len(partsOf(run)) > 1 {
			all = append(all, stem(strings.ReplaceAll(strings.ToLower(run), "-", "_")))
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
	for _, run := range runs(text) {
		if unicode.Is(unicode.Han, firstRune(run)) {
			flush()
			all = append(all, l.chinese(run)...)
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
		if s, ok := tcp.ParseBytes([]byte(token)); ok && strings.Contains(token, "_") && s.Valid() {
			state = true
		}
		number = number || len(token) > 3 && strings.Trim(token, "0123456789") == ""
	}
	return state && number
}

// runs are the stretches of one script in a text, in their order.
func runs(text string) []string {
	var all []string
	for _, run := range strings.FieldsFunc(text, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '_' && r != '-'
	}) {
		for len(run) > 0 {
			han := unicode.Is(unicode.Han, firstRune(run))
			end := strings.IndexFunc(run, func(r rune) bool { return unicode.Is(unicode.Han, r) != han })
			if end < 0 {
				end = len(run)
			}
			if part := strings.Trim(run[:end], "_-"); part != "" {
				all = append(all, part)
			}
			run = run[end:]
		}
	}
	return all
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
	for n := min(mostWords, len(words)); n > 0; n-- {
		if tokens, ok := l.western[stems(words[:n])]; ok {
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

// spelledState is the state that some words spell together, such as "fin wait 2". A
// single word is one only if it is two in one, as closewait: "close" and "listen" are
// said of other things too.
func spelledState(words []string) (string, bool) {
	const shortest = 7                                          // lastack
	joined := strings.TrimSuffix(strings.Join(words, "_"), "s") // TIME_WAITs
	if len(words) > 3 || len(joined) < shortest || len(words) == 1 && plainWord(joined) {
		return "", false
	}
	s, ok := tcp.ParseBytes([]byte(joined))
	return strings.ToLower(s.Reported().String()), ok
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
func (l *lexicon) chinese(run string) []string {
	runes := []rune(run)
	var all []string
	between := 0 // where what is not known begins
	flush := func(end int) {
		all = append(all, pairs(runes[between:end], end-between == len(runes))...)
	}
	for i := 0; i < len(runes); {
		n, tokens := l.knownHan(runes[i:])
		if n == 0 {
			i++
			continue
		}
		flush(i)
		all = append(all, tokens...)
		i += n
		between = i
	}
	flush(len(runes))
	return all
}

// knownHan is how many characters make the longest known word that characters begin
// with. A single one is a word only at the end: within a run it is a part of another.
func (l *lexicon) knownHan(runes []rune) (n int, tokens []string) {
	for n := min(l.longest, len(runes)); n > 0; n-- {
		tokens, ok := l.han[string(runes[:n])]
		if ok && (n > 1 || len(tokens) == 0 || l.saysNothing(runes[1:])) {
			return n, tokens
		}
	}
	return 0, nil
}

// saysNothing reports characters that end a run and say nothing, none among them.
func (l *lexicon) saysNothing(runes []rune) bool {
	tokens, ok := l.han[string(runes)]
	return len(runes) == 0 || ok && len(tokens) == 0
}

// pairs are the overlapping pairs of characters; one character stays if it is alone.
func pairs(runes []rune, alone bool) []string {
	if len(runes) == 1 && alone {
		return []string{string(runes)}
	}
	var all []string
	for i := range max(0, len(runes)-1) {
		all = append(all, string(runes[i:i+2]))
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
