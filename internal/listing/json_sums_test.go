// SPDX-License-Identifier: Apache-2.0

package listing

import (
	"fmt"
	"strings"
	"testing"
)

// ofSums are documents of JSON in which a part says again what others say, or is of
// something else.
func ofSums() []paste {
	const (
		again   = "sum of the others"
		unclear = "what its number counts"
		counts  = "ESTABLISHED 7, LISTEN 3"
	)
	var all []paste
	for _, name := range []string{"total", "all", "Sum", "totals", "tcp_total", "allStates", "overall", "grand total"} {
		all = append(all,
			paste{name: name, source: "a script", text: fmt.Sprintf(`{"tcp":{"ESTAB":5,"LISTEN":3},"tcp6":{"ESTAB":2},%q:{"ESTAB":7,"LISTEN":3}}`, name), want: counts, says: again},
			paste{name: name + " first", source: "a script", text: fmt.Sprintf(`{%q:{"ESTAB":7,"LISTEN":3},"tcp":{"ESTAB":5,"LISTEN":3},"tcp6":{"ESTAB":2}}`, name), want: counts, says: again},
			paste{name: name + " alone", source: "a script", text: fmt.Sprintf(`{%q:{"ESTAB":7,"LISTEN":3}}`, name), want: counts},
			paste{name: name + " of one part", source: "a script", text: fmt.Sprintf(`{"tcp":{"ESTAB":7,"LISTEN":3},%q:{"ESTAB":7,"LISTEN":3}}`, name), want: counts, says: again},
			paste{name: name + " that is more", source: "a script", text: fmt.Sprintf(`{"tcp6":{"ESTAB":2},%q:{"ESTAB":7,"LISTEN":3}}`, name), want: counts, says: unclear, lossy: true},
			paste{name: name + " that is wrong", source: "a script", text: fmt.Sprintf(`{"tcp":{"ESTAB":5,"LISTEN":3},"tcp6":{"ESTAB":2},%q:{"ESTAB":6,"LISTEN":4}}`, name), want: counts, says: unclear, lossy: true})
	}
	for _, name := range []string{"foo", "baseline", "quic", "ws", "limits", "previous", "tcp_states_prev", "old_states", "sctp", "conntrack"} {
		p := paste{name: "beside " + name, source: "a script", text: fmt.Sprintf(`{"states":{"ESTAB":7,"LISTEN":3},%q:{"ESTAB":9,"TIME_WAIT":4}}`, name), want: counts, says: unclear, lossy: true}
		if _, ok := protocol([]byte(name)); ok {
			p.says, p.lossy = "", false
		}
		all = append(all, p)
	}
	return append(all,
		paste{name: "machines", source: "a script", text: `{"web1":{"ESTAB":5,"LISTEN":3},"web2":{"ESTAB":2},"cluster":{"ESTAB":7,"LISTEN":3}}`, want: counts, says: again},
		paste{name: "two machines alike", source: "a script", text: `{"web1":{"ESTAB":5,"LISTEN":3},"web2":{"ESTAB":5,"LISTEN":3}}`, want: "ESTABLISHED 10, LISTEN 6", says: "are the sum"},
		paste{name: "by port", source: "a script", text: `{"states":{"ESTAB":7,"LISTEN":3},"by_port":{"80":{"ESTAB":5},"443":{"ESTAB":2,"LISTEN":3}}}`, want: counts, says: again},
		paste{name: "split by family", source: "a script", text: `{"ESTAB":7,"LISTEN":3,"by_family":{"v4":{"ESTAB":5,"LISTEN":3},"v6":{"ESTAB":2}}}`, want: counts, says: again},
		paste{name: "in another object", source: "a script", text: `{"hosts":{"web1":{"ESTAB":5,"LISTEN":3},"web2":{"ESTAB":2}},"total":{"ESTAB":7,"LISTEN":3}}`, want: counts, says: again},
		paste{name: "of a list", source: "a script", text: `{"hosts":[{"name":"web1","states":{"ESTAB":5,"LISTEN":3}},{"name":"web2","states":{"ESTAB":2}}],"total":{"ESTAB":7,"LISTEN":3}}`, want: counts, says: again},
		paste{name: "of records", source: "a script", text: `{"tcp":[{"state":"ESTAB","count":5},{"state":"LISTEN","count":3}],"tcp6":[{"state":"ESTAB","count":2}],"all":[{"state":"ESTAB","count":7},{"state":"LISTEN","count":3}]}`, want: counts, says: again},
		paste{name: "UDP beside", source: "a script", text: `{"total":{"ESTAB":7,"LISTEN":3},"udp":{"UNCONN":5}}`, want: counts},
		paste{name: "connection tracking around", source: "a script", text: `{"nf_conntrack":{"states":{"ESTAB":9}},"tcp":{"states":{"ESTAB":7,"LISTEN":3}}}`, want: counts, says: unclear, lossy: true},
		paste{name: "records of connection tracking", source: "a script", text: `{"nf_conntrack":[{"state":"ESTAB","count":9}],"tcp":[{"state":"ESTAB","count":7},{"state":"LISTEN","count":3}]}`, want: counts, says: unclear, lossy: true},
		paste{name: "that is cut", source: "a script", text: `{"total":{"ESTAB":7,"LISTEN":3},"tcp":{"ESTAB":5`, says: "damaged", want: "ESTABLISHED 12, LISTEN 3", lossy: true},
	)
}

// TestSumsInJSON: what is said twice in a document is counted once, and what is of
// something else is not counted.
func TestSumsInJSON(t *testing.T) {
	for _, p := range ofSums() {
		t.Run(p.name, func(t *testing.T) { p.test(t) })
	}
}

// TestLongJSON: a document that is longer than what is held is read as one that is
// not; its total waits.
func TestLongJSON(t *testing.T) {
	const hosts = 20000
	var b strings.Builder
	b.WriteString(`{"total":{"ESTAB":40000,"LISTEN":20000}`)
	for i := range hosts {
		fmt.Fprintf(&b, `,"web%d":{"ESTAB":2,"LISTEN":1}`, i)
	}
	b.WriteString("}")
	got, err := Count(strings.NewReader(b.String()), "x")
	if err != nil || summary(&got.Counts) != "ESTABLISHED 40000, LISTEN 20000" || !got.Whole() {
		t.Errorf("%s, %v, %v", summary(&got.Counts), err, got.Gaps)
	}
}

// TestNamesOfCounts: a key above counts by state that says nothing of TCP is reported; they
// may be settings or events of each state, unless it says where they are from.
func TestNamesOfCounts(t *testing.T) {
	for name, told := range map[string]bool{
		"keepalive": true, "delays": true,
		"states": false, "tcp": false, "tcp6": false, "connections": false, "sockets": false, "data": false, "count": false, "web1": false, "10.0.0.1": false, "8080": false, "db-7": false, "total": false, "current": false,
		"foo": true, "things_left": true, "pid": true, "hash": true, "recv-q": true, "production": true,
	} {
		got, err := Count(strings.NewReader(fmt.Sprintf(`{%q:{"ESTAB":7,"LISTEN":3}}`, name)), "x")
		if err != nil || summary(&got.Counts) != "ESTABLISHED 7, LISTEN 3" || (len(got.Gaps) > 0) != told || got.Whole() != (!told || name == "production") {
			t.Errorf("%s: %s, %v, %v", name, summary(&got.Counts), err, got.Gaps)
		}
	}
}
