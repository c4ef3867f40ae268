// SPDX-License-Identifier: Apache-2.0

package knowledge

import (
	"slices"
	"strings"
	"testing"
)

// page makes a topic with a title and one statement.
func page(kind Kind, name, en, zh string, see ...string) Topic {
	return Topic{
		Kind: kind, Name: name, Title: Text{en, zh}, See: see,
		Sections: []Section{section("What it is", "是什么", say(en+".", zh+"。", measured))},
	}
}

func TestLookup(t *testing.T) {
	x := NewIndex(
		StateTopics(),
		[]Topic{
			page(KindSysctl, "net.ipv4.tcp_tw_reuse", "take over", "复用"),
			page(KindSysctl, "net.core.somaxconn", "limit", "上限"),
			page(KindCounter, "TcpExt.TCPTimeWaitOverflow", "not created", "未创建"),
			page(KindRule, "TW03", "ports run out", "端口耗尽"),
		},
	)
	for name, want := range map[string]string{
		"TIME_WAIT":                       "TIME_WAIT",
		"time-wait":                       "TIME_WAIT",
		"TimeWait":                        "TIME_WAIT",
		"06":                              "TIME_WAIT",
		"SYN_RCVD":                        "SYN_RECV",
		"new-syn-recv":                    "SYN_RECV",
		"tcp_tw_reuse":                    "net.ipv4.tcp_tw_reuse",
		"net.ipv4.tcp-tw-reuse":           "net.ipv4.tcp_tw_reuse",
		"/proc/sys/net/ipv4/tcp_tw_reuse": "net.ipv4.tcp_tw_reuse",
		"net/core/somaxconn":              "net.core.somaxconn",
		"SOMAXCONN":                       "net.core.somaxconn",
		"TCPTimeWaitOverflow":             "TcpExt.TCPTimeWaitOverflow",
		"TcpExtTCPTimeWaitOverflow":       "TcpExt.TCPTimeWaitOverflow",
		"tcpext.tcptimewaitoverflow":      "TcpExt.TCPTimeWaitOverflow",
		"node_netstat_TcpExt_TCPTimeWaitOverflow": "TcpExt.TCPTimeWaitOverflow",
		"tw03": "TW03",
	} {
		if got, ok := x.Lookup(name); !ok || got.Name != want {
			t.Errorf("Lookup(%q): want %s, got %q, %v", name, want, got.Name, ok)
		}
	}
	for _, name := range []string{"", "net.ipv4.", "tw", "TIME_WAITS", "nosuch"} {
		if got, ok := x.Lookup(name); ok {
			t.Errorf("Lookup(%q): want nothing, got %s", name, got.Name)
		}
	}
}

func TestBroken(t *testing.T) {
	x := NewIndex([]Topic{
		page(KindMyth, "one", "a", "甲", "two", "three", "ONE"),
		page(KindMyth, "two", "b", "乙"),
		page(KindSysctl, "net.ipv4.two", "c", "丙"),
	})
	want := []string{
		`"net.ipv4.two" is both two and net.ipv4.two`,
		`one links to "three", which is no topic`,
		"one links to itself",
	}
	if got := x.Broken(); !slices.Equal(got, want) {
		t.Errorf("want %q\n got %q", want, got)
	}
}

func TestSearch(t *testing.T) {
	x := NewIndex([]Topic{
		page(KindQuestion, "why-two-msl", "Why does TIME_WAIT last 2 MSL", "TIME_WAIT 为什么是 2MSL"),
		page(KindQuestion, "lost-ack", "What happens if the last ACK is lost", "最后一个 ACK 丢了会怎样"),
		page(KindMyth, "ports", "A server has only 65,535 connections", "服务器最多只有 65,535 个连接"),
		page(KindMyth, "descriptors", "TIME_WAIT sockets hold file descriptors", "TIME_WAIT 占用文件描述符"),
	})
	for words, want := range map[string]string{
		"last ack lost":      "lost-ack",
		"最后的ACK丢失了":          "lost-ack",
		"file descriptor":    "descriptors",
		"文件描述符":              "descriptors",
		"服务器连接数":             "ports",
		"how long time_wait": "why-two-msl descriptors",
		"TIME_WAIT 2msl为什么":  "why-two-msl",
		"WAIT":               "descriptors why-two-msl",
		"quantum entangled":  "",
		"":                   "",
		"的":                  "",
	} {
		var got []string
		for _, hit := range x.Search(words) {
			got = append(got, hit.Topic.Name)
		}
		if len(want) > 0 && (len(got) == 0 || !strings.Contains(want, got[0])) || want == "" && len(got) > 0 {
			t.Errorf("Search(%q): want %s first, got %v", words, want, got)
		}
	}
}

// TestTokens: a word and its other forms, in either language, are one; names whole and
// in parts; states in any spelling; of Chinese what is known, and pairs of the rest.
func TestTokens(t *testing.T) {
	l := newLexicon()
	for text, want := range map[string]string{
		"TIME_WAIT的sockets占用内存, so the tcp-tw-reuse TCPTimeWaitOverflow": "time_wait time wait socket inuse memory tcp tw reuse tcp time_wait time wait full time_wait tcp_tw_reus tcptimewaitoverflow",
		"connections were refused":  "connect refuse",
		"连接被拒绝":                     "connect refuse",
		"Close Waits":               "close_wait clos wait",
		"SYN_RCVD finwait2":         "syn_recv syn rcvd fin_wait2 syn_rcvd",
		"端口已经被占用了":                  "port inuse",
		"too many open files":       "many descriptor",
		"打开的文件过多":                   "descriptor many",
		"是什么原因":                     "",
		"30000 TIME_WAIT":           "30000 time_wait time wait many time_wait",
		"方式":                        "方式",
		"it is closing, was closed": "close close",
	} {
		if got := strings.Join(l.tokens(text), " "); got != want {
			t.Errorf("%s\nwant %s\n got %s", text, want, got)
		}
	}
}

func TestSuggest(t *testing.T) {
	x := NewIndex(Topics())
	for word, want := range map[string]string{
		"TIME_WIAT":           "TIME_WAIT",
		"TCPTimeWaitOverflw":  "TcpExt.TCPTimeWaitOverflow",
		"ListenOverflow":      "TcpExt.ListenOverflows",
		"something different": "",
		"zzz":                 "",
	} {
		if got := strings.Join(x.Suggest(word), " "); got != want {
			t.Errorf("Suggest(%q): want %q, got %q", word, want, got)
		}
	}
}

func TestProofs(t *testing.T) {
	for source, want := range map[string][]Proof{
		"lab: lost-last-ack; RFC 9293 3.6.1":               {ProofLab, ProofRead},
		"net/ipv4/tcp.c tcp_close; measured on Linux 6.18": {ProofMeasured, ProofRead},
		"commit 4396e46187ca":                              {ProofRead},
		"":                                                 nil,
		"tcp(7) TCP_USER_TIMEOUT":                          {ProofRead},
		"tcp_close()":                                      nil,
		"everybody knows":                                  nil,
		"net/ipv4/tcp.c; I have seen it":                   nil,
	} {
		if got := (Statement{Source: source}).Proofs(); !slices.Equal(got, want) {
			t.Errorf("%q: want %v, got %v", source, want, got)
		}
	}
	s := Statement{Source: "lab: a; net/ipv4/tcp.c tcp_close; lab: b"}
	if got := s.Scenarios(); !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("scenarios: got %v", got)
	}
}

func BenchmarkLookup(b *testing.B) {
	for b.Loop() {
		NewIndex(Topics()).Lookup("tcp_tw_recycle")
	}
}

func BenchmarkSearch(b *testing.B) {
	for b.Loop() {
		NewIndex(Topics()).Search("last ACK lost")
	}
}
