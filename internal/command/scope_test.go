// SPDX-License-Identifier: Apache-2.0

package command

import "testing"

func TestIn(t *testing.T) {
	const file = "web 1.snap"
	for _, tt := range []struct {
		line  Line
		scope Scope
		want  string
	}{
		{Of("list", "state close-wait"), Scope{}, "tcpvitals list 'state close-wait'"},
		{Of("list", "state close-wait"), Scope{Netns: "web"}, "tcpvitals list 'state close-wait' --netns web"},
		{Of("queues", "--window", "10s"), Scope{Program: "./bin/tcpvitals", Netns: "all"}, "./bin/tcpvitals queues --window 10s --netns all"},
		{Of("doctor", "--netns", "all"), Scope{Netns: "web"}, "tcpvitals doctor --netns all"},
		{Of("explain", "TIME_WAIT"), Scope{Program: "tv", Netns: "web"}, "tv explain TIME_WAIT"},
		{Other("sysctl", "net.ipv4.tcp_syncookies"), Scope{Program: "tv"}, "sysctl net.ipv4.tcp_syncookies"},
		{Other("sysctl", "net.ipv4.tcp_syncookies"), Scope{Netns: "web"}, "tcpvitals doctor --netns web"},
		{Of("list", "state close-wait", "-c", "+process"), Scope{From: []string{file}}, "tcpvitals list 'state close-wait' -c +process --from 'web 1.snap'"},
		{Of("queues", "sport = :80", "--window", "10s"), Scope{From: []string{file}}, "tcpvitals queues 'sport = :80' --from 'web 1.snap'"},
		{Of("doctor", "--window", "10s"), Scope{From: []string{"a", "b"}}, "tcpvitals doctor --from a --from b"},
		{Of("doctor", "--trace", "10s"), Scope{Netns: "web"}, "tcpvitals doctor --trace 10s --netns web"},
		{Of("doctor", "--trace", "10s"), Scope{From: []string{"a", "b"}}, "tcpvitals doctor --from a --from b"},
		{Other("ss", "-Manp"), Scope{}, "ss -Manp"},
		{Other("ss", "-Manp"), Scope{Netns: "web"}, "tcpvitals doctor --window 10s --netns web"},
		{Other("ss", "-Manp"), Scope{From: []string{"a", "b"}}, "tcpvitals doctor --from a --from b"},
		{Of("list"), Scope{From: []string{"a", "-b"}}, "tcpvitals list --from ./-b"},
		{Of("list", "retrans >= 3"), Scope{From: []string{"a"}, Filter: "netns-inode = 7"}, "tcpvitals list '( retrans >= 3 ) and netns-inode = 7' --from a"},
		{Of("queues", "--window", "10s"), Scope{From: []string{"a"}, Filter: "netns-inode = 7"}, "tcpvitals queues 'netns-inode = 7' --from a"},
		{Of("ports", "--window", "10s"), Scope{From: []string{"a"}, Filter: "netns-inode = 7"}, "tcpvitals ports --from a"},
		{Of("list", "state listen"), Scope{From: []string{"counts.txt"}, Counts: true}, "tcpvitals doctor --from counts.txt"},
		{Of("doctor", "--netns", "all"), Scope{From: []string{"a"}}, ""},
		{Other("sysctl", "a.b"), Scope{From: []string{"a"}}, "tcpvitals doctor --from a"},
		{Of("list"), Scope{From: []string{"-"}, Nowhere: true}, ""},
		{Other("sysctl", "a.b"), Scope{From: []string{"-"}, Nowhere: true}, ""},
		{Of("explain", "myth"), Scope{From: []string{"-"}, Nowhere: true}, "tcpvitals explain myth"},
		{Of("list"), Scope{From: []string{"a\nb"}}, "tcpvitals list --from FILE"},
		{Line{}, Scope{Netns: "web"}, ""},
	} {
		if got := tt.line.In(tt.scope).String(); got != tt.want {
			t.Errorf("%v in %+v\n got %s\nwant %s", tt.line, tt.scope, got, tt.want)
		}
	}
}

// TestInKeepsTheLine: a rule's command is one for all findings.
func TestInKeepsTheLine(t *testing.T) {
	line := Of("queues", "sport = :80", "--window", "10s")
	before := line.String()
	for _, s := range []Scope{{Program: "x", Netns: "web", Filter: "a"}, {From: []string{"a", "b"}, Filter: "netns-inode = 7"}} {
		_ = line.In(s)
		if line.String() != before {
			t.Fatalf("changed to %v", line)
		}
	}
}

func TestCalled(t *testing.T) {
	for name, want := range map[string]string{"": Program, "-tcpvitals": Program, "a\x1b[2K": Program, "tcpvitals": "tcpvitals", "./bin/tv 2": "./bin/tv 2"} {
		if got := Called(name); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}
