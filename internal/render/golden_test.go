// SPDX-License-Identifier: Apache-2.0

package render

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

var update = flag.Bool("update", false, "write the golden files instead of comparing")

// golden compares got with the file testdata/name, or writes the file with -update.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	wantLines, gotLines := strings.Split(string(want), "\n"), strings.Split(got, "\n")
	for i := range max(len(wantLines), len(gotLines)) {
		w, g := lineOf(wantLines, i), lineOf(gotLines, i)
		if w != g {
			t.Fatalf("%s, line %d (go test -update writes it anew):\nwant %s\n got %s", path, i+1, w, g)
		}
	}
}

func lineOf(lines []string, i int) string {
	if i < len(lines) {
		return lines[i]
	}
	return "(end)"
}

var languages = []knowledge.Lang{knowledge.English, knowledge.Chinese}

// sample is the counts in the blog post from which the project began, with a few
// listeners.
func sample() map[tcp.State]uint64 {
	counts := map[tcp.State]uint64{}
	for s := range tcp.AllStates.All() {
		counts[s] = 0
	}
	delete(counts, tcp.Close) // Linux cannot count it
	maps.Copy(counts, map[tcp.State]uint64{
		tcp.LastAck: 14, tcp.SynRecv: 348, tcp.Established: 70, tcp.FinWait1: 229,
		tcp.FinWait2: 30, tcp.Closing: 33, tcp.TimeWait: 18122, tcp.Listen: 41,
	})
	return counts
}

func TestDiagramGolden(t *testing.T) {
	for _, lang := range languages {
		golden(t, fmt.Sprintf("diagram.%s.txt", lang), Diagram(sample(), Options{Lang: lang}))
	}
	golden(t, "diagram.ascii.txt", Diagram(sample(), Options{ASCII: true}))
	golden(t, "diagram.nocounts.txt", Diagram(nil, Options{}))
	golden(t, "diagram.colour.txt", Diagram(sample(), Options{Colour: true}))
}

func TestNeighbourhoodGolden(t *testing.T) {
	for _, lang := range languages {
		for _, width := range []int{60, 80, 120} {
			var all strings.Builder
			for s := range tcp.AllStates.All() {
				all.WriteString(Neighbourhood(s, Options{Lang: lang, Width: width}) + "\n")
			}
			golden(t, fmt.Sprintf("neighbourhood.%s.%d.txt", lang, width), all.String())
		}
	}
}

func TestCardGolden(t *testing.T) {
	index := knowledge.NewIndex(knowledge.Topics())
	page := func(name string) knowledge.Topic {
		t.Helper()
		topic, ok := index.Lookup(name)
		if !ok {
			t.Fatal("no topic " + name)
		}
		return topic
	}
	card := page("TIME_WAIT")
	for _, lang := range languages {
		for _, width := range []int{60, 80, 120} {
			golden(t, fmt.Sprintf("card.%s.%d.txt", lang, width), Topic(card, Options{Lang: lang, Width: width}))
		}
		golden(t, fmt.Sprintf("card.%s.sources.txt", lang), Topic(card, Options{Lang: lang, Sources: true, Colour: true}))
	}
	for _, lang := range languages {
		golden(t, fmt.Sprintf("topic.%s.txt", lang), Topic(page("TCPTimeWaitOverflow"), Options{Lang: lang, Colour: true})+
			"\n"+Topic(page("myth 7"), Options{Lang: lang, Width: 60, Sources: true}))
		golden(t, fmt.Sprintf("topics.%s.txt", lang), TopicList(index.Topics(knowledge.KindState, knowledge.KindMyth), Options{Lang: lang, Width: 100}))
	}
	golden(t, "card.ascii.txt", Topic(page("SYN_RECV"), Options{ASCII: true}))
}
