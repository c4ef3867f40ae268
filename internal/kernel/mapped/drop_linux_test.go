// SPDX-License-Identifier: Apache-2.0

package mapped

import (
	"bytes"
	"os"
	"strconv"
	"testing"
)

// TestDropOwn: less of the file is in memory afterwards, and the program goes on.
func TestDropOwn(t *testing.T) {
	before := fileResident(t)
	if err := DropOwn(); err != nil {
		t.Fatal(err)
	}
	after := fileResident(t)
	t.Logf("%d kB of files before, %d after", before, after)
	if after >= before {
		t.Errorf("%d kB of files are in memory, %d before", after, before)
	}
}

// fileResident is the memory of this process that files are mapped in, in kB (proc(5),
// RssFile and, for a file that is itself in memory, RssShmem).
func fileResident(t *testing.T) int {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	sum := 0
	for _, name := range []string{"RssFile:", "RssShmem:"} {
		_, rest, _ := bytes.Cut(status, []byte(name))
		n, err := strconv.Atoi(string(bytes.Fields(rest)[0]))
		if err != nil {
			t.Fatal(err)
		}
		sum += n
	}
	return sum
}

func TestUnwritten(t *testing.T) {
	const file = "/usr/local/bin/tcp vitals"
	for line, want := range map[string]bool{
		"00400000-0127a000 r-xp 00000000 fe:00 1183   /usr/local/bin/tcp vitals\n":   true,
		"0127a000-01f6b000 r--p 00e7a000 fe:00 1183   /usr/local/bin/tcp vitals\n":   true,
		"01f6b000-0208f000 rw-p 01b6b000 fe:00 1183   /usr/local/bin/tcp vitals\n":   false,
		"00400000-0127a000 r-xp 00000000 fe:00 1183   /usr/local/bin/tcp vitals.2\n": false,
		"7f0000000000-7f0000001000 r-xp 00000000 00:00 0   [vdso]\n":                 false,
		"c000000000-c000400000 rw-p 00000000 00:00 0\n":                              false,
		"x-y r-xp 00000000 fe:00 1183   /usr/local/bin/tcp vitals\n":                 false,
		"\n": false,
	} {
		from, to, ok := unwritten([]byte(line), file)
		if ok != want || ok && (from >= to || from == 0) {
			t.Errorf("%q: %x to %x, %v", line, from, to, ok)
		}
	}
}
