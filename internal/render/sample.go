// SPDX-License-Identifier: Apache-2.0

package render

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/report"
	"github.com/tcpvitals/tcpvitals/internal/sampler"
)

// sampleWords are the fixed words around one of several looks.
type sampleWords struct {
	cost      string // argument: duration of a look
	stretched string // arguments: the actual interval, the requested one
	skipped   string // arguments: how many, plural
	changes   string
	still     string
	more      string // argument: how many
}

func wordsOfSamples(lang knowledge.Lang) sampleWords {
	if lang == knowledge.Chinese {
		return sampleWords{
			cost:      "耗时 %s",
			stretched: "改为每 %s 一次而不是每 %s：观察最多占用 2 %% 的时间",
			skipped:   "跳过了 %d 次%.0s",
			changes:   "每秒变化：",
			still:     "没有变化",
			more:      "另有 %d 组",
		}
	}
	return sampleWords{
		cost:      "took %s",
		stretched: "every %s instead of every %s: looking takes 2 %% of the time at most",
		skipped:   "%d tick%s skipped",
		changes:   "change a second: ",
		still:     "none",
		more:      "%d more",
	}
}

// LookLine returns the line above the answer of one look: its time and its cost.
func LookLine(look *sampler.Look, lang knowledge.Lang) string {
	words := wordsOfSamples(lang)
	parts := []string{look.At.UTC().Format("2006-01-02T15:04:05.000Z"), fmt.Sprintf(words.cost, Milliseconds(look.Took))}
	if look.Stretched() {
		parts = append(parts, fmt.Sprintf(words.stretched, look.Interval, look.Every))
	}
	if look.Skipped > 0 {
		parts = append(parts, fmt.Sprintf(words.skipped, look.Skipped, plural(look.Skipped)))
	}
	return strings.Join(parts, " · ") + "\n"
}

// changesShown is for how many groups changes are shown.
const changesShown = 8

// ChangeLine returns how fast groups change, "" if unknown.
func ChangeLine(changes []report.Change, lang knowledge.Lang) string {
	words := wordsOfSamples(lang)
	var parts []string
	for _, c := range changes[:min(len(changes), changesShown)] {
		parts = append(parts, changeName(c.Key())+" "+rate(c.PerSecond))
	}
	if rest := len(changes) - len(parts); rest > 0 {
		parts = append(parts, fmt.Sprintf(words.more, rest))
	}
	if changes == nil {
		return ""
	}
	if len(parts) == 0 {
		parts = []string{words.still}
	}
	return words.changes + knowledge.Listed(parts, lang) + "\n"
}

// changeName returns the name of a group: the values of its key, ordered by the names
// of the fields.
func changeName(key map[string]any) string {
	names := make([]string, 0, len(key))
	for name := range key {
		names = append(names, name)
	}
	slices.Sort(names)
	for i, name := range names {
		if key[name] == nil {
			names[i] = "?"
			continue
		}
		names[i] = fmt.Sprint(key[name])
	}
	return strings.Join(names, " ")
}

func rate(f float64) string {
	text := strconv.FormatFloat(math.Abs(f), 'f', -1, 64)
	if f < 0 {
		return "-" + text
	}
	return "+" + text
}
