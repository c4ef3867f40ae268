// SPDX-License-Identifier: Apache-2.0

package render

import (
	"net/netip"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/report"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// TestQueueWordsAreComplete: every sign and knob has words in both languages.
func TestQueueWordsAreComplete(t *testing.T) {
	check := func(name string, text knowledge.Text, ok bool) {
		han := func(r rune) bool { return unicode.Is(unicode.Han, r) }
		if !ok || text.En == "" || strings.ContainsFunc(text.En, han) || !strings.ContainsFunc(text.Zh, han) {
			t.Errorf("%s: %v %+v", name, ok, text)
		}
	}
	for _, s := range diagnose.QueueSigns() {
		text, ok := knowledge.QueueSign(string(s))
		check(string(s), text, ok)
	}
	for _, k := range diagnose.QueueKnobs() {
		text, ok := knowledge.QueueKnob(string(k))
		check(string(k), text, ok)
	}
	for _, s := range []diagnose.Severity{diagnose.OK, diagnose.Notice, diagnose.Warning, diagnose.Critical} {
		check(s.String(), severityText(s), true)
	}
}

func TestQueuesTable(t *testing.T) {
	n := func(n uint64) *uint64 { return &n }
	s := &socket.Socket{
		State: tcp.Listen, Local: netip.MustParseAddrPort("0.0.0.0:80"),
		Owner: &socket.Owner{Process: &socket.Process{PID: 7, Name: "nginx"}, Unit: "nginx.service"},
	}
	q := diagnose.Queue{
		Socket: s, Waiting: n(6), Limit: n(5), Drops: n(40), Unaccepted: n(6), Somaxconn: n(5), LimitSetBy: diagnose.LimitSomaxconn, Members: 2,
		Window:   &diagnose.QueueWindow{Elapsed: 10 * time.Second, Drops: n(25), Movement: diagnose.Moved},
		Severity: diagnose.Critical,
		Signs:    []diagnose.QueueSign{diagnose.SignFull}, Knobs: []diagnose.QueueKnob{diagnose.KnobSomaxconn},
	}
	got := QueuesTable{Queues: report.Queues{Window: 10 * time.Second, Engine: "sock_diag", Queues: []diagnose.Queue{q}}, Width: 130}.String()
	want := ` listener       owner                  limit from  waiting  limit  syn-recv  unaccepted  drops  drops/s  queue  verdict
 0.0.0.0:80 ×2  nginx/7 nginx.service  somaxconn         6      5         0           6     40      2.5  moved  critical

 0.0.0.0:80 ×2  nginx/7 nginx.service  critical
   seen: the accept queue is full: new connections are dropped in silence
   do:   raise net.core.somaxconn in this network namespace, then restart the application or let it call listen() again: it is
         read at listen() only. If the application asks for no more itself, raise its backlog too

 1 listener · sock_diag · watched for 10.0 s
`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
