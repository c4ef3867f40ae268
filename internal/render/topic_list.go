// SPDX-License-Identifier: Apache-2.0

package render

import (
	"fmt"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/explain"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
)

// widestName is the greatest width of the column of names; longer names have their
// titles on the next line.
const widestName = 32

// Explained returns the pages, the list or the search results of an answer.
func Explained(a *explain.Answer, o Options) string {
	switch a.Kind {
	case explain.List:
		return TopicList(a.Topics, o)
	case explain.Search:
		return TopicHits(a.Words, a.Hits, o)
	default:
		pages := make([]string, len(a.Topics))
		for i := range a.Topics {
			pages[i] = Topic(a.Topics[i], o)
		}
		return strings.Join(pages, "\n")
	}
}

// Deviations says what is otherwise on this host, a paragraph each, below a blank line.
func Deviations(all []knowledge.Deviation, o Options) string {
	var b strings.Builder
	for i, d := range all {
		if i == 0 {
			b.WriteString("\n")
		}
		paragraph(&b, d.Text().In(o.Lang), "", "", bold, o)
	}
	return b.String()
}

// TopicList lists topics with their titles, grouped by kind.
func TopicList(topics []knowledge.Topic, o Options) string {
	var b strings.Builder
	kind := knowledge.Kind("")
	for _, t := range topics {
		if t.Kind != kind {
			if kind != "" {
				b.WriteString("\n")
			}
			kind = t.Kind
			b.WriteString(o.in(bold, kind.Title().In(o.Lang)) + "\n")
		}
		topicRow(&b, t, nameColumn(topics), o)
	}
	return b.String()
}

// TopicHits lists what a search for words has found, the best first.
func TopicHits(words string, hits []knowledge.Hit, o Options) string {
	var b strings.Builder
	paragraph(&b, fmt.Sprintf(topicWords().none.In(o.Lang), words), "", "", plain, o)
	topics := make([]knowledge.Topic, len(hits))
	for i, hit := range hits {
		topics[i] = hit.Topic
	}
	for _, t := range topics {
		topicRow(&b, t, nameColumn(topics), o)
	}
	return b.String()
}

func nameColumn(topics []knowledge.Topic) int {
	column := 0
	for _, t := range topics {
		if w := Width(t.Name); w <= widestName {
			column = max(column, w)
		}
	}
	return column
}

// topicRow writes a name with the wrapped title beside it, or below it if there is no
// room.
func topicRow(b *strings.Builder, t knowledge.Topic, column int, o Options) {
	first := "  " + Pad(t.Name, column) + "  "
	indent := strings.Repeat(" ", 2+column+2)
	if Width(t.Name) > column || o.width()-len(indent) < 30 {
		b.WriteString("  " + t.Name + "\n")
		first, indent = "      ", "      "
	}
	for _, line := range Wrap(topicTitle(t, o), o.width()-Width(indent)) {
		b.WriteString(first + line + "\n")
		first = indent
	}
}
