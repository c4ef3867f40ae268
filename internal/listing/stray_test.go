// SPDX-License-Identifier: Apache-2.0

package listing

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// strangeWords are words that may say what a number is of, or say nothing that a
// reader can know: units, shares, statistics, protocols, languages, and letters at
// random.
func strangeWords() []string {
	words := []string{
		"k", "K", "M", "thousand", "thousands", "million", "millions", "Mio", "lakh", "crore", "dozen", "hundreds", "tausend", "Tsd.", "mille", "milliers", "miles", "mil", "тыс", "万", "千", "百万", "億", "천", "만",
		"percent", "pct", "Prozent", "share", "ratio", "fraction", "quota", "Anteil", "比例", "‰", "permille", "bps", "basis",
		"max", "min", "avg", "mean", "median", "peak", "p95", "p99", "stddev", "limit", "limits", "ulimit", "threshold", "budget", "capacity", "allowed", "configured", "backlog", "delta", "change", "rate", "increase",
		"s", "ms", "sec", "seconds", "minutes", "h", "days", "Sekunden", "secondes", "秒", "分钟", "per", "pro", "hourly", "/s", "conn/s", "/min", "1/s", "req/s", "hz",
		"B", "kB", "MB", "GiB", "bytes", "octets", "pages", "packets", "segments", "retries", "times", "errors", "drops", "processes", "threads", "files", "users", "hosts", "ports",
		"udp", "UDP", "udp6", "udplite", "unix", "sctp", "dccp", "mptcp", "vsock", "tipc", "icmp", "quic", "UDP-", "udp*", "udp?", "dtls", "rds", "smc",
		"foo", "quux", "blorp", "zzz", "verbindungen", "connexions", "conexiones", "подключений", "соединений", "połączeń", "bağlantı", "अनुमान", "ungefähr", "environ", "circa", "约", "大约", "estimated", "sampled", "scaled", "x10", "x1000", "×1000", "*1000", "e3", "10^3", "unit=k", "scale=1000", "(k)", "[k]", "{k}", "in", "k.", "k,", "k;", "\"k\"", "'k'",
	}
	random := rand.New(rand.NewPCG(7, 18))
	for range 60 {
		var b strings.Builder
		for range 2 + random.IntN(9) {
			b.WriteByte("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"[random.IntN(52)])
		}
		words = append(words, b.String())
	}
	return words
}

// saysNothing reports whether a word is known to change nothing where it stands.
func saysNothing(word string) bool {
	w := []byte(strings.Trim(word, ".,;\"'()[]{}"))
	_, state := loosely(w)
	return isHarmless(w) || leads(w) || state || isTCP(w)
}

// mayBeSilent reports whether a reading of two counts, one of which has a word
// beside it, passes the word over.
func mayBeSilent(t *testing.T, text string) (result string, silent bool) {
	t.Helper()
	got, err := Count(strings.NewReader(text), "words")
	if err != nil || loud(got) || got.Ignored.rows() > 0 {
		return "", false
	}
	return summary(&got.Counts), got.Counts.Total() > 0
}

// TestStrayWords puts a word at every position of a line of counts, alone and with
// what stands around words: the count is reported, refused, or one of another protocol.
func TestStrayWords(t *testing.T) {
	places := []string{
		"ESTABLISHED 412 %s", "ESTABLISHED: 412 %s", "ESTABLISHED=412 %s", "412 ESTABLISHED %s", "ESTABLISHED\t412\t%s", "ESTABLISHED,412,%s", "ESTABLISHED;412;%s", "| ESTABLISHED | 412 | %s |", "ESTABLISHED 412 (%s)", "ESTABLISHED 412 [%s]", "ESTABLISHED 412 # %s", "ESTABLISHED 412 // %s", "ESTABLISHED 412 - %s", "ESTABLISHED 412 <- %s", "ESTABLISHED 412 {%s}", "ESTABLISHED 412 in %s", "ESTABLISHED 412 sockets %s",
		"412 %s ESTABLISHED", "412 (%s) ESTABLISHED", "412%s ESTABLISHED", "412/%s ESTABLISHED", "412 %s in ESTABLISHED",
		"ESTABLISHED %s 412", "ESTABLISHED (%s) 412", "ESTABLISHED (%s): 412", "ESTABLISHED %s: 412", "ESTABLISHED: %s 412", "ESTABLISHED in %s: 412", "ESTABLISHED 412%s", "ESTABLISHED 412/%s", "ESTABLISHED: 412 %s, LISTEN: 3", "ESTABLISHED 412 %s LISTEN 3 %[1]s",
		"%s ESTABLISHED 412", "%s: ESTABLISHED 412", "%s ESTABLISHED: 412", "[%s] ESTABLISHED 412", "(%s) ESTABLISHED 412", "%s | ESTABLISHED 412", "%s - ESTABLISHED 412", "%s,ESTABLISHED,412", "%s=ESTABLISHED 412", "%s/ESTABLISHED 412", "%s 412 ESTABLISHED", "%s: 412 ESTABLISHED", "%s_ESTABLISHED 412", "a.%s.ESTABLISHED 412",
		`conns_%s{state="established"} 412`, `tcp_conns{state="established",stat="%s"} 412`, `tcp_conns{proto="%s",state="established"} 412`,
		`{"ESTABLISHED":412,"unit":"%s"}`, `{"unit":"%s","states":{"ESTABLISHED":412}}`, `[{"state":"ESTABLISHED","count":412,"units":"%s"}]`, `{"stat":"%s","data":[{"state":"ESTABLISHED","count":412}]}`,
	}
	for _, place := range places {
		tried := 0
		for _, word := range strangeWords() {
			if saysNothing(word) || (strings.Contains(place, `"%s"`) || place[0] == '[') && strings.ContainsAny(word, `"=`) {
				continue
			}
			tried++
			line := fmt.Sprintf(place, word)
			for _, text := range []string{line + "\n", line + "\nTIME_WAIT 88\n", "TIME_WAIT 88\n" + line + "\n"} {
				if strings.HasSuffix(place, "}") && text != line+"\n" {
					continue // a document is alone
				}
				if got, silent := mayBeSilent(t, text); silent && strings.Contains(got, "ESTABLISHED") {
					t.Errorf("silent: %q: %s", text, got)
				}
			}
		}
		if tried < 150 {
			t.Errorf("%s: only %d words", place, tried)
		}
	}
}

// TestStrayTitles puts a word into a heading and into a title above counts, and into
// a column beside them: it is reported, or the counts are refused, or of another
// protocol.
func TestStrayTitles(t *testing.T) {
	const below = "\nESTABLISHED 412\nTIME_WAIT 88\n"
	for _, place := range []string{
		"%s" + below, "%s:" + below, "# %s" + below, "=== %s ===" + below, "in %s" + below, "(%s)" + below, "[%s]" + below, "-- %s --" + below, "connections %s" + below, "connections in %s" + below, "tcp sockets, %s" + below, "Values in %s" + below, "%s" + "\n" + below, "TCP states by %s" + below, "unit: %s" + below,
		"state %s" + below, "STATE  %s" + below, "%s state\n412 ESTABLISHED\n88 TIME_WAIT\n", "%s  STATE\n412  ESTABLISHED\n88  TIME_WAIT\n", "state,%s\nESTABLISHED,412\nTIME_WAIT,88\n", "state;count_%s\nESTABLISHED;412\nTIME_WAIT;88\n", "state\tcount (%s)\nESTABLISHED\t412\nTIME_WAIT\t88\n",
		"| state | %s |\n|---|---|\n| ESTABLISHED | 412 |\n| TIME_WAIT | 88 |\n", "| state | count (%s) |\n|---|---|\n| ESTABLISHED | 412 |\n| TIME_WAIT | 88 |\n", "state,count,unit\nESTABLISHED,412,%s\nTIME_WAIT,88,%[1]s\n", "state,count,%s\nESTABLISHED,412,x\nTIME_WAIT,88,x\n", "state,count,%s\nESTABLISHED,412,1000\nTIME_WAIT,88,1000\n",
	} {
		tried := 0
		for _, word := range strangeWords() {
			w := []byte(strings.Trim(word, ".,;\"'()[]{}"))
			if saysNothing(word) || inTitles(w) || strings.ContainsAny(word, `"=,;'`) {
				continue
			}
			tried++
			if _, _, other := otherProtocol(w); strings.HasPrefix(place, "state,count,%s") && (other || describes(w)) {
				continue // a column of something else, beside the counts
			}
			if word == "s" && strings.Contains(place, "count") {
				continue // counts, count(s)
			}
			text := fmt.Sprintf(place, word)
			if got, silent := mayBeSilent(t, text); silent {
				t.Errorf("silent: %q: %s", text, got)
			}
		}
		if tried < 150 {
			t.Errorf("%s: only %d words", place, tried)
		}
	}
}
