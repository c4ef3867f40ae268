// SPDX-License-Identifier: Apache-2.0

package procfs

import (
	"bytes"
	"strings"
	"testing"
)

// FuzzProcessFiles: files of a process, which contain names that anybody can choose,
// are parsed without a panic, and the result contains only what is in them.
func FuzzProcessFiles(f *testing.F) {
	f.Add([]byte("812 (nginx) S 1 812 812 0 -1 4194560 1 0 0 0 1 2 0 0 20 0 1 0 4711 1 1\n"))
	f.Add([]byte("812 (a) b) ( S 1) S 1 812 812 0 -1 4194560 1 0 0 0 1 2 0 0 20 0 1 0 4711 1 1\n"))
	f.Add([]byte("36 35 98:0 /mnt1 /mnt\\0402 rw,noatime master:1 - ext3 /dev/root rw,errors=continue\n"))
	f.Add([]byte("0::/system.slice/nginx.service\n12:cpu,cpuacct:/x\n1:name=systemd:/y\n"))
	f.Add([]byte("Max open files            1024                 524288               files\n"))
	f.Add([]byte("232 0x3 0x7f 0x1 0xffffffff 0x0 0x0 0x7ffd 0x7f\n"))
	f.Add([]byte("LISTEN_PID=12\x00LISTEN_FDS=1\x00"))
	f.Add([]byte("net:[4026531840]"))
	f.Add([]byte("a\x00b\xff\x00" + strings.Repeat("x", 5000)))
	f.Fuzz(func(t *testing.T, text []byte) {
		if name, _, _, ok := parseStat(text); ok && !bytes.Contains(text, []byte("("+name+")")) {
			t.Errorf("the name %q of %q", name, text)
		}
		_ = parseParent(text)
		for m := range Mounts(string(text)) {
			if len(m.Root) > len(text) || len(m.Point) > len(text) {
				t.Errorf("%+v of %q", m, text)
			}
			_, _ = m.Option("hidepid")
		}
		_ = ParseProcessCgroup(string(text))
		_, _ = parseOpenLimit(text)
		_, _, _ = parseCall(string(text))
		_, _ = parseActivated(text)
		_, _ = ParseNamespaceLink(string(text), "net")
		if line := commandLine(text); len(line) > 3*maxCommand+10 || strings.ContainsAny(line, "\x00\n\x1b") {
			t.Errorf("the command line %q", line)
		}
	})
}

// FuzzNumberFiles: files with the kernel's counters, as a snapshot from anybody may
// contain them, are parsed without a panic.
func FuzzNumberFiles(f *testing.F) {
	f.Add("TcpExt: SyncookiesSent ListenDrops\nTcpExt: 1 2\n")
	f.Add("Tcp: ActiveOpens PassiveOpens\nTcp: 1 2\nUdp: A\nUdp: 3\n")
	f.Add("TCP: inuse 5 orphan 0 tw 1 alloc 8 mem 2\n")
	f.Add("00000001 00000000 00000000 00000000\n")
	f.Add("entries  clashres found\n00000001 00000000 00000002\n")
	f.Add("1024\t0\t9223372036854775807\n")
	f.Fuzz(func(t *testing.T, text string) {
		counters, err := ParseCounters(strings.NewReader(text))
		if err == nil && len(counters) > len(text) {
			t.Errorf("%d counters of %q", len(counters), text)
		}
		if sum, ok := SumCounters([]byte(text), "Tcp", "ActiveOpens", "PassiveOpens"); ok && err == nil && sum != counters["Tcp.ActiveOpens"]+counters["Tcp.PassiveOpens"] {
			t.Errorf("%d of %q, in which there are %v", sum, text, counters)
		}
		_, _ = ParseSockstat(text)
		_, _ = ParseSoftnet(text)
		_, _ = ParseConntrackStat(text)
		_, _ = ParseFileNr(text)
	})
}
