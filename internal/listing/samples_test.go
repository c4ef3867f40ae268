// SPDX-License-Identifier: Apache-2.0

package listing

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// machine is the counts of the network namespace in which the samples of net-tools
// 2.10, busybox 1.35, iproute2 6.1 and Linux 6.18 were taken.
const machine = "ESTABLISHED 15, SYN_SENT 1, SYN_RECV 1, FIN_WAIT2 2, TIME_WAIT 4, CLOSE_WAIT 2, LISTEN 5"

// samples are the files of testdata and what is in them. The counts were
// counted by hand or, for the captured ones, follow from how the sockets were
// made.
var samples = []struct {
	file    string
	format  Format
	counts  string
	ignored Ignored
	broken  []string // line numbers
	gaps    []string // sources, broken lines apart
}{
	{file: "netstat_n.txt", format: Netstat, counts: strings.TrimSuffix(machine, ", LISTEN 5"), gaps: []string{"LISTEN"}},
	{file: "netstat_ant.txt", format: Netstat, counts: machine},
	{file: "netstat_an.txt", format: Netstat, counts: machine, ignored: Ignored{UDP: 2, Raw: 1, Unix: 1}},
	{file: "netstat_antp.txt", format: Netstat, counts: machine},
	{file: "netstat_anto.txt", format: Netstat, counts: machine},
	{file: "netstat_ante.txt", format: Netstat, counts: machine},
	{file: "netstat_antpoeW.txt", format: Netstat, counts: machine},
	{file: "netstat_at.txt", format: Netstat, counts: machine},
	{file: "netstat_lntp.txt", format: Netstat, counts: "LISTEN 5", gaps: []string{"connections"}},
	{file: "netstat_lntpc.txt", format: Netstat, counts: "LISTEN 15", gaps: []string{"several listings", "connections"}},
	{file: "busybox_ant.txt", format: Netstat, counts: machine},
	{file: "busybox_an.txt", format: Netstat, counts: machine, ignored: Ignored{UDP: 2, Raw: 1, Unix: 1}},
	{file: "ss.txt", format: SS, counts: "ESTABLISHED 15, SYN_SENT 1, FIN_WAIT2 2, CLOSE_WAIT 2", ignored: Ignored{Text: 1}, gaps: []string{"LISTEN, TIME_WAIT, SYN_RECV"}},
	{file: "ss_an.txt", format: SS, counts: machine, ignored: Ignored{UDP: 2, Raw: 1, Unix: 1, Other: 9, Text: 1}},
	{file: "ss_anH.txt", format: SS, counts: machine, ignored: Ignored{UDP: 2, Raw: 1, Unix: 1, Other: 9, Text: 1}},
	{file: "ss_tan.txt", format: SS, counts: machine},
	{file: "ss_tanH.txt", format: SS, counts: machine},
	{file: "ss_tanp.txt", format: SS, counts: machine},
	{file: "ss_tanope.txt", format: SS, counts: machine},
	{file: "ss_terminal.txt", format: SS, counts: machine},
	{file: "ss_tani.txt", format: SS, counts: machine, ignored: Ignored{Text: 24}},
	{file: "ss_tanm.txt", format: SS, counts: machine, ignored: Ignored{Text: 24}},
	{file: "ss_tanoemi.txt", format: SS, counts: machine, ignored: Ignored{Text: 24}},
	{file: "ss_tanOoemi.txt", format: SS, counts: machine},
	{file: "ss_ltn.txt", format: SS, counts: "LISTEN 5", gaps: []string{"connections"}},
	{file: "ss_state_connected.txt", format: SS, counts: strings.TrimSuffix(machine, ", LISTEN 5"), gaps: []string{"LISTEN"}},
	{file: "ss_coloured.txt", format: SS, counts: "ESTABLISHED 2, LISTEN 3"},
	{file: "proc_tcp_tcp6.txt", format: Proc, counts: machine},
	{file: "proc_tcp.txt", format: Proc, counts: "ESTABLISHED 10, SYN_SENT 1, SYN_RECV 1, FIN_WAIT2 2, TIME_WAIT 3, CLOSE_WAIT 2, LISTEN 3", gaps: []string{"/proc/net/tcp6"}},
	{file: "proc_tcp6.txt", format: Proc, counts: "ESTABLISHED 5, TIME_WAIT 1, LISTEN 2", gaps: []string{"/proc/net/tcp"}},
	{
		file: "macos_an.txt", format: BSD, counts: "ESTABLISHED 3, SYN_SENT 1, FIN_WAIT2 1, TIME_WAIT 2, CLOSE 1, CLOSE_WAIT 1, LISTEN 5",
		ignored: Ignored{UDP: 4, Unix: 3, Raw: 2, Other: 4, Text: 3},
	},
	{file: "macos_anvW.txt", format: BSD, counts: "ESTABLISHED 2, TIME_WAIT 1, LISTEN 2", ignored: Ignored{UDP: 1}},
	{file: "freebsd_anA.txt", format: BSD, counts: "ESTABLISHED 1, SYN_RECV 1, FIN_WAIT1 1, CLOSE 1, LAST_ACK 1, LISTEN 2", ignored: Ignored{UDP: 1, Unix: 1}},
	{file: "freebsd_n.txt", format: BSD, counts: "ESTABLISHED 1, TIME_WAIT 1, CLOSING 1", gaps: []string{"LISTEN"}},
	{file: "windows.txt", format: Windows, counts: "ESTABLISHED 1, CLOSE_WAIT 1", gaps: []string{"LISTEN"}},
	{file: "windows_ano.txt", format: Windows, counts: "ESTABLISHED 2, SYN_RECV 1, FIN_WAIT2 1, TIME_WAIT 1, CLOSE_WAIT 1, LAST_ACK 1, LISTEN 3", ignored: Ignored{UDP: 2}},
	{file: "windows_utf8bom.txt", format: Windows, counts: "ESTABLISHED 2, SYN_RECV 1, FIN_WAIT2 1, TIME_WAIT 1, CLOSE_WAIT 1, LAST_ACK 1, LISTEN 3", ignored: Ignored{UDP: 2}},
	{file: "windows_abnq.txt", format: Windows, counts: "ESTABLISHED 1, TIME_WAIT 1, LISTEN 2, BOUND 1", ignored: Ignored{UDP: 1, Text: 7}},
	{file: "powershell.txt", format: PowerShell, counts: "ESTABLISHED 2, SYN_SENT 1, FIN_WAIT1 1, TIME_WAIT 1, CLOSE_WAIT 1, LISTEN 2, BOUND 1"},
	{file: "powershell_utf16.txt", format: PowerShell, counts: "ESTABLISHED 2, SYN_SENT 1, FIN_WAIT1 1, TIME_WAIT 1, CLOSE_WAIT 1, LISTEN 2, BOUND 1"},
	{file: "howto_counts.txt", format: StateCounts, counts: howTo, gaps: []string{"LISTEN"}},
	{file: "counts_uniq.txt", format: StateCounts, counts: howTo, ignored: Ignored{Text: 2}, gaps: []string{"LISTEN"}},
	{file: "counts_mixed.txt", format: StateCounts, counts: howTo, gaps: []string{"LISTEN"}},
	{file: "counts_hex.txt", format: StateCounts, counts: "ESTABLISHED 70, SYN_RECV 348, TIME_WAIT 18122", ignored: Ignored{Text: 1}, gaps: []string{"LISTEN"}},
	{file: "group_object.txt", format: StateCounts, counts: "ESTABLISHED 35, TIME_WAIT 7, LISTEN 12", ignored: Ignored{Text: 2}},
}

// howTo is the sample of the old how-to.
const howTo = "ESTABLISHED 70, SYN_RECV 348, FIN_WAIT1 229, FIN_WAIT2 30, TIME_WAIT 18122, LAST_ACK 14, CLOSING 33"

func summary(c *Counts) string {
	var parts []string
	for s := range tcp.AllStates.All() {
		if n := c.Of(s); n > 0 {
			parts = append(parts, fmt.Sprintf("%s %d", s, n))
		}
	}
	return strings.Join(parts, ", ")
}

func read(tb testing.TB, file string) []byte {
	tb.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", file))
	if err != nil {
		tb.Fatal(err)
	}
	return data
}

// split tells the broken lines of the gaps from the others.
func split(r Result) (broken, others []string) {
	for _, g := range r.Gaps {
		if strings.HasPrefix(g.Source, "line ") {
			broken = append(broken, g.Source)
			continue
		}
		others = append(others, g.Source)
	}
	return broken, others
}

func TestSamples(t *testing.T) {
	for _, tt := range samples {
		t.Run(tt.file, func(t *testing.T) {
			got, err := Count(bytes.NewReader(read(t, tt.file)), tt.file)
			if err != nil {
				t.Fatal(err)
			}
			if got.Format != tt.format {
				t.Errorf("format = %v, want %v", got.Format, tt.format)
			}
			if s := summary(&got.Counts); s != tt.counts {
				t.Errorf("counts (-want +got):\n- %s\n+ %s", tt.counts, s)
			}
			if got.Ignored != tt.ignored {
				t.Errorf("ignored = %+v, want %+v", got.Ignored, tt.ignored)
			}
			broken, gaps := split(got)
			if !slices.Equal(broken, tt.broken) || got.Broken != uint64(len(tt.broken)) {
				t.Errorf("broken = %d: %q, want %q", got.Broken, broken, tt.broken)
			}
			if !slices.Equal(gaps, tt.gaps) {
				t.Errorf("gaps = %q, want %q", gaps, tt.gaps)
			}
		})
	}
}

// TestSamplesAllUsed makes sure that no sample is forgotten.
func TestSamplesAllUsed(t *testing.T) {
	used := map[string]bool{"ss_state_time_wait.txt": true, "ss_s.txt": true, "proc_udp.txt": true, "ticket.txt": true} // in TestVerdict
	for _, tt := range samples {
		used[tt.file] = true
	}
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !used[filepath.Base(f)] {
			t.Errorf("%s is in no test", f)
		}
	}
}

// TestRowsEqualsCount holds the two readings of every sample equal, down to
// the kernel object.
func TestRowsEqualsCount(t *testing.T) {
	for _, tt := range samples {
		if tt.format == StateCounts {
			continue
		}
		t.Run(tt.file, func(t *testing.T) {
			want, err := Count(bytes.NewReader(read(t, tt.file)), tt.file)
			if err != nil {
				t.Fatal(err)
			}
			var counts Counts
			rd := NewReader(bytes.NewReader(read(t, tt.file)), tt.file)
			for row, err := range rd.Rows() {
				if err != nil {
					t.Fatal(err)
				}
				counts[row.Socket.Kind][row.Socket.State]++
			}
			got := rd.Result()
			if counts != want.Counts || got.Counts != want.Counts {
				t.Errorf("rows give %s, their result %s, Count %s", summary(&counts), summary(&got.Counts), summary(&want.Counts))
			}
			if got.Ignored != want.Ignored || got.Broken != want.Broken || got.Lines != want.Lines || got.Format != want.Format {
				t.Errorf("result of rows %+v, of Count %+v", got, want)
			}
		})
	}
}

// TestKinds checks the kernel objects where a listing shows them. The machine
// had one FIN_WAIT2 that its owner had open and one that was closed.
func TestKinds(t *testing.T) {
	tests := []struct {
		file                           string
		mini, full, unknown            uint64 // FIN_WAIT2
		request, fullRecv, unknownRecv uint64 // SYN_RECV
	}{
		{"netstat_ant.txt", 0, 0, 2, 0, 0, 1},
		{"netstat_anto.txt", 1, 1, 0, 0, 0, 1},
		{"netstat_antpoeW.txt", 1, 1, 0, 0, 0, 1},
		{"ss_tan.txt", 0, 0, 2, 0, 0, 1},
		{"ss_tanope.txt", 1, 1, 0, 0, 0, 1},
		{"ss_tanOoemi.txt", 1, 1, 0, 0, 0, 1},
		{"proc_tcp_tcp6.txt", 1, 1, 0, 1, 0, 0},
	}
	for _, tt := range tests {
		r, err := Count(bytes.NewReader(read(t, tt.file)), tt.file)
		if err != nil {
			t.Fatal(err)
		}
		c := &r.Counts
		got := [...]uint64{
			c[socket.Mini][tcp.FinWait2], c[socket.Full][tcp.FinWait2], c[socket.KindUnknown][tcp.FinWait2],
			c[socket.Request][tcp.SynRecv], c[socket.Full][tcp.SynRecv], c[socket.KindUnknown][tcp.SynRecv],
		}
		if want := [...]uint64{tt.mini, tt.full, tt.unknown, tt.request, tt.fullRecv, tt.unknownRecv}; got != want {
			t.Errorf("%s: FIN_WAIT2 mini, full, unknown, SYN_RECV request, full, unknown = %v, want %v", tt.file, got, want)
		}
		if c[socket.Mini][tcp.TimeWait] != 4 || c[socket.Full][tcp.Listen] != 5 {
			t.Errorf("%s: TIME_WAIT mini %d, LISTEN full %d", tt.file, c[socket.Mini][tcp.TimeWait], c[socket.Full][tcp.Listen])
		}
	}
}
