// SPDX-License-Identifier: Apache-2.0

package knowledge

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// elsewhere are names of topics that another package adds: the codes of the
// doctor's rules.
var elsewhere = regexp.MustCompile(`^[A-Z]{2}\d\d$`)

func TestEveryTopicIsComplete(t *testing.T) {
	for _, topic := range Topics() {
		checkText(t, topic.Name+" title", topic.Title)
		if topic.Kind.Title() == (Text{}) {
			t.Errorf("%s: kind %q has no title", topic.Name, topic.Kind)
		}
		if strings.HasSuffix(topic.Title.En, ".") || strings.HasSuffix(topic.Title.Zh, "。") {
			t.Errorf("%s: a title has no full stop: %+v", topic.Name, topic.Title)
		}
		if len(topic.Sections) == 0 || len(topic.Sources()) == 0 {
			t.Errorf("%s: nothing is said, or from nowhere", topic.Name)
		}
		for _, section := range topic.Sections {
			where := topic.Name + ", " + section.Heading.En
			if section.Heading.En == "" || section.Heading.Zh == "" || len(section.Statements) == 0 {
				t.Errorf("%s: empty", where)
			}
			for _, statement := range section.Statements {
				checkText(t, where, statement.Text)
				checkSource(t, where, statement.Source)
				checkFullSentence(t, where, statement.Text)
			}
		}
	}
}

func checkFullSentence(t *testing.T, where string, text Text) {
	t.Helper()
	if !strings.HasSuffix(text.En, ".") || !strings.HasSuffix(text.Zh, "。") {
		t.Errorf("%s: no full stop: %+v", where, text)
	}
	runes := []rune(text.Zh)
	for i := 1; i+1 < len(runes); i++ {
		if strings.ContainsRune(",;:", runes[i]) && (isHan(runes[i-1]) || isHan(runes[i+1])) && runes[i+1] != ' ' {
			t.Errorf("%s: 半角标点: %s", where, text.Zh)
		}
	}
}

// TestLinks: every link leads to a topic, or to one that another package adds.
func TestLinks(t *testing.T) {
	topics := Topics()
	others := map[string]bool{}
	for _, topic := range topics {
		for _, name := range topic.See {
			if elsewhere.MatchString(name) {
				others[name] = true
			}
		}
	}
	x := NewIndex(topics)
	for name := range others {
		if _, ours := x.Lookup(name); !ours {
			topics = append(topics, Topic{Name: name})
		}
	}
	for _, broken := range NewIndex(topics).Broken() {
		t.Error(broken)
	}
}

// TestKinds: as many as there should be, so that none is lost by a list that
// was not put together.
func TestKinds(t *testing.T) {
	count := map[Kind]int{}
	for _, topic := range Topics() {
		count[topic.Kind]++
	}
	for kind, least := range map[Kind]int{KindState: 12, KindCounter: 151, KindSysctl: 62, KindOption: 13, KindMyth: 35, KindQuestion: 81} {
		if count[kind] < least {
			t.Errorf("%d topics of kind %s, want at least %d", count[kind], kind, least)
		}
	}
}

// TestMythNumbers: "myth 7" is the seventh of 35.
func TestMythNumbers(t *testing.T) {
	x := NewIndex(Myths())
	for i, m := range Myths() {
		if got, ok := x.Lookup(fmt.Sprintf("myth %d", i+1)); !ok || got.Name != m.Name {
			t.Errorf("myth %d is %s, not %s", i+1, got.Name, m.Name)
		}
	}
}

// TestHowto: every sentence of the how-to that everybody copies has its
// answer, and the search leads to it by words like those of the sentence, in both
// languages: to the same page, sentence by sentence.
func TestHowto(t *testing.T) {
	chinese, english := howto(t, "howto.txt"), howto(t, "howto.en.txt")
	if len(chinese) < 45 || len(chinese) != len(english) {
		t.Fatalf("%d sentences, %d in English: the how-to has more", len(chinese), len(english))
	}
	x := NewIndex(Topics())
	firsts := 0
	for i, sentence := range slices.Concat(chinese, english) {
		if other := english[i%len(english)]; other[1] != sentence[1] {
			t.Errorf("%s leads to %s, %s to %s", sentence[0], sentence[1], other[0], other[1])
		}
		topic, ok := x.Lookup(sentence[1])
		if !ok {
			t.Errorf("%s: no topic %q", sentence[0], sentence[1])
			continue
		}
		var first []string
		for _, hit := range x.Search(sentence[0]) {
			first = append(first, hit.Topic.Name)
		}
		first = first[:min(5, len(first))]
		switch slices.Index(first, topic.Name) {
		case -1:
			t.Errorf("%s: %s is not among the first hits %v", sentence[0], topic.Name, first)
		case 0:
			firsts++
		}
	}
	t.Logf("of %d sentences %d have their page first, all among five", 2*len(chinese), firsts)
}

// howto are the sentences of a file, each with the page that answers it.
func howto(t *testing.T, file string) (all [][2]string) {
	t.Helper()
	text, err := os.ReadFile("testdata/" + file)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		i := strings.LastIndex(line, " | ")
		all = append(all, [2]string{line[:i], line[i+3:]})
	}
	return all
}

// TestNumbers: how much is known, and how it was verified. It is printed.
func TestNumbers(t *testing.T) {
	kinds, proofs := map[Kind]int{}, map[Proof]int{}
	topics, statements := Topics(), 0
	for _, topic := range topics {
		kinds[topic.Kind]++
		for _, section := range topic.Sections {
			for _, s := range section.Statements {
				statements++
				if all := s.Proofs(); len(all) > 0 {
					proofs[all[0]]++
				}
			}
		}
	}
	t.Logf("%d pages (%d questions), %d statements: %d shown by the lab, %d measured, %d read",
		len(topics), kinds[KindQuestion], statements, proofs[ProofLab], proofs[ProofMeasured], proofs[ProofRead])
	if kinds[KindQuestion] < 60 || proofs[ProofLab]+proofs[ProofMeasured]+proofs[ProofRead] != statements || proofs[ProofLab] < 180 {
		t.Errorf("%v, %v", kinds, proofs)
	}
}

// TestAnswersOfTheIssue: what users type first leads to a page, not to a list.
func TestAnswersOfTheIssue(t *testing.T) {
	x := NewIndex(Topics())
	for words, want := range map[string]string{
		"TIME_WAIT 2MSL":           "why-two-msl",
		"TIME_WAIT":                "TIME_WAIT",
		"tcp_tw_recycle":           "net.ipv4.tcp_tw_recycle",
		"TCPTimeWaitOverflow":      "TcpExt.TCPTimeWaitOverflow",
		"大量 TIME_WAIT":             "many-time-wait",
		"ss -s":                    "ss-s-exact",
		"sockstat tw":              "sockstat.TCP.tw",
		"TcpExtListenDrops":        "TcpExt.ListenDrops",
		"Tcp:CurrEstab":            "Tcp.CurrEstab",
		"TcpCurrEstab":             "Tcp.CurrEstab",
		"CurrEstab":                "Tcp.CurrEstab",
		"node_netstat_Tcp_OutRsts": "Tcp.OutRsts",
		"tcp_notsent_lowat":        "net.ipv4.tcp_notsent_lowat",
		"TCP_NOTSENT_LOWAT":        "TCP_NOTSENT_LOWAT",
		"IP_LOCAL_PORT_RANGE":      "IP_LOCAL_PORT_RANGE",
		"ip_local_port_range":      "net.ipv4.ip_local_port_range",
		"tcp_rto_max_ms":           "net.ipv4.tcp_rto_max_ms",
		"connection refused":       "connection-refused",
		"broken pipe":              "broken-pipe",
		"502":                      "bad-gateway",
		"docker":                   "kubernetes",
		"nginx backlog":            "program-backlogs",
		"tcp_fastopen":             "net.ipv4.tcp_fastopen",
		"TCPMD5Failure":            "TcpExt.TCPMD5NotFound",
	} {
		if got, ok := x.Lookup(words); !ok || got.Name != want {
			t.Errorf("Lookup(%q): want %s, got %q, %v", words, want, got.Name, ok)
		}
	}
	for words, want := range map[string]string{
		"what happens if the last ACK is lost":  "lost-last-ack",
		"do all active closers enter TIME_WAIT": "active-closers-time-wait",
		"memory of TIME_WAIT":                   "time-wait-cost",
		"why do ss and sockstat differ":         "why-sources-disagree",
		"accept queue full":                     "TcpExt.ListenOverflows",
		"全连接队列满":                                "accept-queue-full",
		"容器里的 sockstat":                         "sockstat-in-container",
		"keepalive 没开":                          "keepalive-sysctl-enables",
		"AWS load balancer idle connection":     "idle-timeout-on-the-way",
		"大量 CLOSE_WAIT 怎么办":                     "many-close-wait",
		"pod sysctl":                            "kubernetes",
		"bbr":                                   "net.ipv4.tcp_congestion_control",
	} {
		hits := x.Search(words)
		if !slices.ContainsFunc(hits[:min(4, len(hits))], func(h Hit) bool { return h.Topic.Name == want }) {
			var got []string
			for _, h := range hits[:min(6, len(hits))] {
				got = append(got, h.Topic.Name)
			}
			t.Errorf("Search(%q): want %s among the first four, got %v", words, want, got)
		}
	}
}

func TestDifferences(t *testing.T) {
	for _, name := range Differences() {
		text, ok := Difference(name)
		if !ok {
			t.Errorf("no text for %s", name)
		}
		checkText(t, name, text)
	}
	if _, ok := Difference("nosuch"); ok {
		t.Error("a comparison that is none has a text")
	}
}
