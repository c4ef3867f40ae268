// SPDX-License-Identifier: Apache-2.0

package netns

import (
	"errors"
	"strings"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

const containerID = "4f5e6a7b8c9d0e1f2a3b4c5d6e7f8a9b0c1d2e3f4a5b6c7d8e9f0a1b2c3d4e5f"

func TestParseScope(t *testing.T) {
	tests := []struct {
		text string
		kind scopeKind
	}{
		{"", scopeSelf},
		{"self", scopeSelf},
		{"all", scopeAll},
		{"/run/netns/blue", scopePath},
		{"./blue", scopePath},
		{"/proc/1/ns/net", scopePath},
		{"1", scopePID},
		{"4194304", scopePID},
		{"4194305", scopeInode},
		{"4026532281", scopeInode},
		{"net:[4026532281]", scopeInode},
		{"4026532281@alice", scopeInode},
		{"web@alice", scopeName},
		{"host", scopeName},
		{"blue", scopeName},
		{"4f5e6a7b8c9d", scopeName},
		{"nginx.service", scopeName},
	}
	for _, tt := range tests {
		s, err := ParseScope(tt.text)
		if err != nil || s.kind != tt.kind {
			t.Errorf("ParseScope(%q) = kind %d, %v; want kind %d", tt.text, s.kind, err, tt.kind)
			continue
		}
		if again, err := ParseScope(s.String()); err != nil || again.kind != s.kind || again.String() != s.String() {
			t.Errorf("ParseScope(%q) prints as %q, which reads as %+v, %v", tt.text, s, again, err)
		}
	}
	for _, bad := range []string{"0", "99999999999999999999999", "4711@alice", " blue", "blue\n", ".", ".."} {
		var usage *problem.UsageError
		if s, err := ParseScope(bad); !errors.As(err, &usage) || !strings.Contains(usage.Hint, "container id") {
			t.Errorf("ParseScope(%q) = %+v, %v; want a usage error with a hint", bad, s, err)
		}
	}
}

func TestScopeMatches(t *testing.T) {
	all := []*Namespace{
		{Inode: 4026531840, Name: "self", Self: true, PIDs: []int32{1, 2, 30}},
		{Inode: 4026532001, Name: "blue", Mounts: []string{"/run/netns/blue"}},
		{Inode: 4026532002, Name: "web", Container: containerID, PIDs: []int32{77}},
		{Inode: 4026532003, Name: "nginx.service", Mounts: []string{"/proc/9/root/run/netns/green"}},
		{Inode: 4026532004, Name: "host", Host: true},
		{Inode: 4026532005, Name: "4f5e6a7b8c9d@alice", User: "alice", Container: containerID, PIDs: []int32{78}},
	}
	tests := []struct{ scope, want string }{
		{"self", "self"},
		{"all", "self blue web nginx.service host 4f5e6a7b8c9d@alice"},
		{"30", "self"},
		{"31", ""},
		{"4026532002", "web"},
		{"net:[4026532002]", "web"},
		{"blue", "blue"},
		{"green", ""}, // mounted under that name in some mount namespace
		{containerID, "web"},
		{containerID[:12], "web"},
		{containerID[:3], ""},
		{"web", "web"},
		{containerID + "@alice", "4f5e6a7b8c9d@alice"},
		{containerID[:12] + "@bob", ""},
		{"4026532005@alice", "4f5e6a7b8c9d@alice"},
		{"nginx.service", "nginx.service"},
		{"host", "host"},
		{"none", ""},
	}
	for _, tt := range tests {
		scope, err := ParseScope(tt.scope)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, n := range all {
			if scope.matches(n) {
				names = append(names, n.Name)
			}
		}
		if got := strings.Join(names, " "); got != tt.want {
			t.Errorf("%s matches %q, want %q", tt.scope, got, tt.want)
		}
	}
}

func TestLabel(t *testing.T) {
	web := func([]int32) (string, string) { return "web", containerID }
	none := func([]int32) (string, string) { return "", "" }
	pids := []int32{77}
	tests := []struct {
		name string
		n    Namespace
		by   func([]int32) (string, string)
		want string
	}{
		{"host first", Namespace{Host: true, Self: true, PIDs: pids}, web, "host"},
		{"self", Namespace{Self: true, PIDs: pids}, web, "self"},
		{"ip netns", Namespace{Mounts: []string{"/x", "/run/netns/blue"}, PIDs: pids}, web, "blue"},
		{"ip netns, old path", Namespace{Mounts: []string{"/var/run/netns/blue"}}, nil, "blue"},
		{"plugin's name gives way", Namespace{Mounts: []string{"/run/netns/cni-1b2c"}, PIDs: pids}, web, "web"},
		{"plugin's name is better than none", Namespace{Mounts: []string{"/run/netns/cni-1b2c"}, PIDs: pids}, none, "cni-1b2c"},
		{"container", Namespace{PIDs: pids}, web, "web"},
		{"docker's mount", Namespace{Mounts: []string{"/run/docker/netns/5e0f"}}, web, "5e0f"},
		{"inode", Namespace{Inode: 4026532001, PIDs: pids}, none, "4026532001"},
	}
	for _, tt := range tests {
		tt.n.label(Options{Label: tt.by})
		if tt.n.Name != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, tt.n.Name, tt.want)
		}
	}
}

func FuzzParseScope(f *testing.F) {
	for _, s := range []string{"", "self", "all", "7", "4026532281", "net:[1]", "net:[", "/x", "blue", "net:[+1]"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := ParseScope(text)
		if err != nil {
			return
		}
		again, err := ParseScope(s.String())
		if err != nil || again.kind != s.kind || again.pid != s.pid || again.inode != s.inode {
			t.Errorf("ParseScope(%q) = %+v prints as %q, which reads as %+v, %v", text, s, s, again, err)
		}
	})
}
