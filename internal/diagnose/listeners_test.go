// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"net/netip"
	"testing"
)

// TestOneOpinionOnQueues: rule AQ01 and JudgeQueues say the same about an accept
// queue.
func TestOneOpinionOnQueues(t *testing.T) {
	accept := []QueueSign{SignDropping, SignFull, SignStuck, SignAlone, SignFilling}
	n := uint64(1)
	for set := range 1 << len(accept) {
		for _, w := range []*QueueWindow{nil, {}} {
			q := Queue{Waiting: &n, Limit: &n, Window: w}
			for i, sign := range accept {
				if set&(1<<i) != 0 {
					q.Signs = append(q.Signs, sign)
				}
			}
			switch {
			case !q.has(SignDropping):
			case w == nil:
				continue // needs two readings
			default:
				q.Window = &QueueWindow{Overflows: &Overflows{Least: 1, Most: 1}}
			}
			if got, _ := acceptTrouble(&q); got != severity(&q) {
				t.Errorf("%v, window %v: got %v, want %v", q.Signs, w != nil, got, severity(&q))
			}
		}
	}
}

func TestListenerOf(t *testing.T) {
	m := newMadeMachine("")
	for _, line := range []string{
		"LISTEN 0.0.0.0:80 0.0.0.0:0 backlog=5", "LISTEN 192.0.2.1:80 0.0.0.0:0 backlog=5", "LISTEN [::]:81 [::]:0 backlog=5",
	} {
		if err := m.line(line); err != nil {
			t.Fatal(err)
		}
	}
	all, ok := newCase(m.now, nil, m.now.Spaces[0], 0).listeners()
	if !ok {
		t.Fatal("no listeners")
	}
	for local, want := range map[string]string{
		"192.0.2.1:80": "192.0.2.1:80", "192.0.2.2:80": "0.0.0.0:80", "[::ffff:192.0.2.2]:80": "0.0.0.0:80",
		"192.0.2.2:81": "[::]:81", "192.0.2.2:82": "",
	} {
		got := ""
		if q := all.of(1, netip.MustParseAddrPort(local)); q != nil {
			got = q.Socket.Local.String()
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", local, got, want)
		}
	}
}
