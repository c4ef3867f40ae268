// SPDX-License-Identifier: Apache-2.0

package procfs

import (
	"fmt"
	"math"
	"strings"
	"testing"
)

func TestParseSocketLink(t *testing.T) {
	tests := []struct {
		link  string
		inode uint32
		ok    bool
	}{
		{"socket:[1]", 1, true},
		{"socket:[4294967295]", math.MaxUint32, true},
		{"socket:[4294967296]", 0, false},
		{"socket:[99999999999]", 0, false},
		{"socket:[]", 0, false},
		{"socket:[12", 0, false},
		{"socket:[1x]", 0, false},
		{"socket:[-1]", 0, false},
		{"/dev/null", 0, false},
		{"pipe:[12]", 0, false},
		{"/tmp/socket:[12]", 0, false},
		{"", 0, false},
	}
	for _, tt := range tests {
		inode, ok := parseSocketLink([]byte(tt.link))
		if ok != tt.ok || ok && inode != tt.inode {
			t.Errorf("parseSocketLink(%q) = %d, %t; want %d, %t", tt.link, inode, ok, tt.inode, tt.ok)
		}
	}
}

func TestParseSocketLinkDoesNotAllocate(t *testing.T) {
	link := []byte("socket:[4026531]")
	if n := testing.AllocsPerRun(100, func() { parseSocketLink(link) }); n != 0 {
		t.Errorf("parseSocketLink allocates %v times", n)
	}
}

func FuzzParseSocketLink(f *testing.F) {
	for _, s := range []string{"socket:[1]", "socket:[4294967296]", "socket:[", "]", "socket:[00]"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, link []byte) {
		inode, ok := parseSocketLink(link)
		if !ok {
			return
		}
		// Every accepted link names the number it was read as.
		var again uint32
		if _, err := fmt.Sscanf(string(link), "socket:[%d]", &again); err != nil || again != inode {
			t.Errorf("parseSocketLink(%q) = %d, Sscanf says %d, %v", link, inode, again, err)
		}
	})
}

func statLine(name string, flags, start uint64) string {
	return fmt.Sprintf("77 (%s) S 1 77 77 0 -1 %d 0 0 0 0 0 0 0 0 20 0 1 0 %d 0 0 0\n", name, flags, start)
}

func TestParseStat(t *testing.T) {
	for _, name := range []string{"nginx", "a b", "(sd-pam)", "x) S 1 (", "new\nline", ""} {
		got, start, flags, ok := parseStat([]byte(statLine(name, kernelThread, 4711)))
		if !ok || got != name || start != 4711 || flags != kernelThread {
			t.Errorf("parseStat(%q) = %q, %d, %#x, %t", name, got, start, flags, ok)
		}
	}
	for _, bad := range []string{"", "77", "77 (x", "77 (x) S 1 2", ") ("} {
		if name, _, _, ok := parseStat([]byte(bad)); ok {
			t.Errorf("parseStat(%q) = %q, want not ok", bad, name)
		}
	}
}

func TestCommandLine(t *testing.T) {
	tests := []struct{ raw, want string }{
		{"nginx: worker process\x00\x00\x00", "nginx: worker process"},
		{"sh\x00-c\x00echo \x1b[31m\n\x00", "sh -c echo  [31m "},
		{"\xff\x00a\x00", "\uFFFD a"},
		{"", ""},
		{strings.Repeat("x", maxCommand), strings.Repeat("x", maxCommand)},
		{strings.Repeat("x", maxCommand+1), strings.Repeat("x", maxCommand) + "…"},
		{strings.Repeat("x", maxCommand-1) + "世", strings.Repeat("x", maxCommand-1) + "…"},
	}
	for _, tt := range tests {
		if got := commandLine([]byte(tt.raw)); got != tt.want {
			t.Errorf("commandLine(%q) = %q, want %q", tt.raw, got, tt.want)
		}
	}
}
