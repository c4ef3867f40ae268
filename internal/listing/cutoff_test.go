// SPDX-License-Identifier: Apache-2.0

package listing

import (
	"strings"
	"testing"
)

// TestCutOff cuts texts before every character of their last line: what is counted
// is what was there, or it is reported. Where the end of a row can be the end of its
// text, as after a state, nothing can be known.
func TestCutOff(t *testing.T) {
	const proc = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n   0: 00000000:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 20000 1 0000000000000000 100 0 0 10 0\n"
	for _, cut := range []struct{ name, whole, last, end string }{
		{"the heading of netstat", "", "Proto Recv-Q Send-Q Local Address           Foreign Address         State", "State"},
		{"a second heading of netstat", titles + rowA, "Proto Recv-Q Send-Q Local Address           Foreign Address         State", "State"},
		{"the title of netstat", "", "Active Internet connections (servers and established)", ""},
		{"the heading of ss", ssABC, "State      Recv-Q Send-Q Local Address:Port  Peer Address:Port", "Peer Address"},
		{"a row of netstat", titles + rowA, "tcp6       0     36 fd00:9::7:8080          fd00:20::4:40223        ESTABLISHED", "ESTABLISHED"},
		{"a row of ss with its owner", "LISTEN 0 128 0.0.0.0:22 0.0.0.0:* users:((\"sshd\",pid=1,fd=3)) ino:20\n", "ESTAB 0 0 10.9.8.7:22 172.20.3.4:40222 users:((\"sshd\",pid=812,fd=4)) ino:88120", "172.20.3.4:4"},
		{"a row of /proc/net/tcp", proc, "   1: 0400140A:20FB 0700190A:A01C 08 00000000:00000001 00:00000000 00000000    33        0 88120 1 00000000c1d2a3b4 20 4 30 10 -1", " 88120 1 0"},
	} {
		t.Run(cut.name, func(t *testing.T) {
			told := 0
			for i := 2; i < len(cut.last); i++ {
				if cut.end != "" && strings.Contains(cut.last[:i], cut.end) {
					break
				}
				if strings.HasSuffix(cut.name, "owner") && cut.last[i-1] == ' ' || strings.HasSuffix(cut.last[:i], "ESTAB") || strings.TrimSpace(cut.last[:i]) == "State" {
					continue // which may be all
				}
				got, err := Count(strings.NewReader(cut.whole+cut.last[:i]), "cut")
				if err == nil && !loud(got) && len(strings.TrimSpace(cut.last[:i])) > 0 {
					t.Errorf("silent: %q: %s", cut.last[:i], summary(&got.Counts))
				}
				told++
			}
			if told < 12 {
				t.Errorf("only %d cuts", told)
			}
			if got, err := Count(strings.NewReader(cut.whole+cut.last), "whole"); cut.end != "" && (err != nil || loud(got)) {
				t.Errorf("the whole is told: %v, %v", err, got.Gaps)
			}
		})
	}
	for _, end := range []string{"users:((", "users:((\"ss", "users:((\"sshd\",pid=8", "us", "users", "timer:(keep", "ino", "sk"} {
		got, err := Count(strings.NewReader("LISTEN 0 128 0.0.0.0:22 0.0.0.0:* users:((\"sshd\",pid=1,fd=3)) timer:(keepalive,12sec,0) ino:5 sk:1\nESTAB 0 0 10.9.8.7:22 172.20.3.4:40222 "+end), "cut")
		if err == nil && !loud(got) {
			t.Errorf("silent: %q: %s", end, summary(&got.Counts))
		}
	}
}
