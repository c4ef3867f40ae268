// SPDX-License-Identifier: Apache-2.0

package query_test

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/engine"
	"github.com/tcpvitals/tcpvitals/internal/kernel/sockdiag"
	"github.com/tcpvitals/tcpvitals/internal/lab/labtest"
	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// TestSameRowsAsSS holds 10,000 sockets in every state in a namespace, including
// v4-mapped, marked and device-bound ones. For every filter of the corpus and for its
// canonical text it selects the same sockets as ss: by the filter alone, and by the
// engine, where the kernel evaluates a part.
func TestSameRowsAsSS(t *testing.T) {
	if _, err := exec.LookPath("ss"); err != nil {
		testnet.Skip(t, testnet.Root, "ss is not installed")
	}
	for _, family := range []socket.Family{socket.IPv4, socket.IPv6} {
		t.Run(family.String(), func(t *testing.T) {
			began := time.Now()
			held, rows := hold(t, family)
			t.Logf("%d sockets after %v", len(rows), time.Since(began))
			compared, telling := 0, 0
			for _, c := range ssCorpus(t) {
				if c.differs != "" {
					continue
				}
				compared++
				if time.Since(began) > 30*time.Second { // on a slow machine: TIME_WAIT lasts for a minute
					began = time.Now()
					held, rows = hold(t, family)
				}
				if n := sameAsSS(t, held, rows, onThisHost(c.src)); n > 0 && n < len(rows) {
					telling++
				}
			}
			t.Logf("%d filters compared, of which %d choose some rows and not all", compared, telling)
		})
	}
}

// hold makes the sockets and reads them.
func hold(t *testing.T, family socket.Family) (held *labtest.Held, rows []socket.Socket) {
	t.Helper()
	held = labtest.Hold(t, mixed(family), family)
	var err error
	held.Do(func() {
		if err = special(t); err == nil {
			testnet.Delivered(t)
			rows, err = dump()
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return held, rows
}

// mixed asks for 10,000 sockets in all states. It asks for a tenth for IPv6, whose
// filters are the same and whose TIME_WAIT must not end meanwhile, and for the
// emulated CPU of a guest, which sets GUEST_BOOT.
func mixed(family socket.Family) labtest.Counts {
	counts := labtest.Counts{
		tcp.Established: 2500, tcp.SynSent: 500, tcp.SynRecv: 400, tcp.FinWait1: 500, tcp.FinWait2: 1000, tcp.TimeWait: 4000,
		tcp.CloseWait: 500, tcp.LastAck: 300, tcp.Listen: 4, tcp.Closing: 250, tcp.Bound: 50,
	}
	if family == socket.IPv6 || os.Getenv("GUEST_BOOT") != "" {
		for state := range counts {
			counts[state] = max(4, counts[state]/10)
		}
	}
	return counts
}

// onThisHost inserts the mount point of the cgroup v2 tree into a filter.
func onThisHost(src string) string {
	const unified = "/sys/fs/cgroup/unified"
	if _, err := os.Stat(unified); err != nil {
		return strings.ReplaceAll(src, unified, "/sys/fs/cgroup")
	}
	return src
}

// sameAsSS compares the rows of one filter and returns how many it selects.
func sameAsSS(t *testing.T, held *labtest.Held, rows []socket.Socket, src string) int {
	t.Helper()
	f, err := query.Parse(src, host())
	if err != nil {
		t.Errorf("%q: %v", src, err)
		return 0
	}
	var got []string
	for i := range rows {
		switch f.Match(&rows[i]) {
		case query.Yes:
			got = append(got, pair(rows[i].Local, rows[i].Remote))
		case query.Unknown:
			t.Errorf("%q is unknown for %+v", src, rows[i])
			return 0
		case query.No:
		}
	}
	slices.Sort(got)
	if diff := cmp.Diff(got, listed(t, held, f)); diff != "" {
		t.Errorf("%q (-filter +kernel and filter):\n%s", src, diff)
	}
	texts := []string{src}
	if !strings.Contains(f.String(), "cgroup-id") {
		texts = append(texts, f.String())
	}
	for _, text := range texts {
		if diff := cmp.Diff(ss(t, held, text), got); diff != "" {
			t.Errorf("%q (-ss +filter):\n%s", text, diff)
		}
	}
	return len(got)
}

// listed returns what the engine lists; the kernel evaluates a part of the filter.
func listed(t *testing.T, held *labtest.Held, f *query.Filter) []string {
	t.Helper()
	var rows []string
	var report *engine.Report
	host, err := engine.Open(engine.Options{Engine: "sock_diag"})
	if err != nil {
		t.Fatal(err)
	}
	defer host.Close()
	held.Do(func() {
		report, err = host.Rows(context.Background(), engine.Scan{Filter: f}, engine.Visit(func(s *socket.Socket) bool {
			if s.State != tcp.Bound { // ss omits these too, see there
				rows = append(rows, pair(s.Local, s.Remote))
			}
			return true
		}))
	})
	if err != nil || !report.Exact {
		t.Fatalf("%s: %v, exact %v", f, err, report.Exact)
	}
	slices.Sort(rows)
	return rows
}

// host resolves the names that ss resolves.
func host() query.Options {
	o := known()
	o.Cgroup = func(path string) (uint64, bool) {
		var st unix.Stat_t
		err := unix.Stat(path, &st)
		return st.Ino, err == nil
	}
	return o
}

func pair(local, remote netip.AddrPort) string { return local.String() + " " + remote.String() }

// ss returns the output of ss without BOUND, which only newer versions show.
func ss(t *testing.T, held *labtest.Held, src string) []string {
	t.Helper()
	var out []byte
	var err error
	held.Do(func() { out, err = exec.Command("ss", append([]string{"-tanH"}, strings.Fields(src)...)...).Output() })
	if err != nil {
		t.Fatalf("ss %s: %v", src, err)
	}
	var rows []string
	for line := range strings.Lines(string(out)) {
		words := strings.Fields(line)
		if words[0] == "UNCONN" {
			continue
		}
		if words[0][0] > '9' { // ss omits the state if a filter has only one
			words = words[1:]
		}
		rows = append(rows, pair(endpoint(t, words[2]), endpoint(t, words[3])))
	}
	slices.Sort(rows)
	return rows
}

// endpoint parses an address in the notation of ss: 10.0.0.1:80, [::]:*, *:80,
// 0.0.0.0%lo:80.
func endpoint(t *testing.T, text string) netip.AddrPort {
	t.Helper()
	cut := strings.LastIndexByte(text, ':')
	address, port := text[:cut], text[cut+1:]
	address, _, _ = strings.Cut(strings.Trim(address, "[]"), "%")
	address = strings.TrimRight(address, "]")
	if address == "*" {
		address = "::"
	}
	if port == "*" {
		port = "0"
	}
	a, err := netip.ParseAddrPort(net.JoinHostPort(address, port))
	if err != nil {
		t.Fatalf("ss printed %q: %v", text, err)
	}
	return a
}

// dump reads the rows of this thread's namespace.
func dump() (rows []socket.Socket, err error) {
	conn, err := sockdiag.OpenWithMarks()
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	q := sockdiag.Request{States: tcp.AllStates &^ tcp.SetOf(tcp.Bound), Fields: socket.FieldsOf(socket.FieldMark, socket.FieldCgroupID)}
	var decoder sockdiag.Decoder
	err = conn.Dump(context.Background(), q, func(m sockdiag.Message) bool {
		var s socket.Socket
		decoder.Decode(m, &s)
		s.Known.Add(socket.FieldMark) // the kernel shows no mark for minisockets and requests; none of these is marked
		s.Info, s.Mem = nil, nil
		rows = append(rows, s)
		return true
	})
	return rows, err
}

// special opens sockets that the lab does not make.
func special(t *testing.T) error {
	for _, f := range []func(*testing.T) error{
		func(t *testing.T) error { return talk(t, "[::]:8090", "tcp4", "127.0.0.1:8090") }, // its end is v4-mapped
		func(t *testing.T) error { return talk(t, "127.0.0.1:8091", "tcp4", "127.0.0.1:8091") },
		func(t *testing.T) error { return talk(t, "[::1]:8092", "tcp6", "[::1]:8092") },
		func(t *testing.T) error { return listen(t, "127.0.0.1:22", nil) },
		func(t *testing.T) error { return listen(t, "[::1]:443", nil) },
		func(t *testing.T) error {
			return listen(t, "127.0.0.1:8093", func(fd int) error { return unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_MARK, 16) })
		},
		func(t *testing.T) error {
			return listen(t, "[::1]:8094", func(fd int) error { return unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_MARK, 17) })
		},
		func(t *testing.T) error {
			return listen(t, "0.0.0.0:8095", func(fd int) error { return unix.BindToDevice(fd, "lo") })
		},
	} {
		if err := f(t); err != nil {
			return err
		}
	}
	return nil
}

// listen opens a listener until the test ends.
func listen(t *testing.T, address string, option func(fd int) error) error {
	config := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) (err error) {
		if option == nil {
			return nil
		}
		if crash := c.Control(func(fd uintptr) { err = option(int(fd)) }); crash != nil {
			return crash
		}
		return err
	}}
	l, err := config.Listen(context.Background(), "tcp", address)
	if err != nil {
		return fmt.Errorf("listen on %s: %w", address, err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return nil
}

// talk opens a listener and a connection to it.
func talk(t *testing.T, listener, network, address string) error {
	if err := listen(t, listener, nil); err != nil {
		return err
	}
	c, err := net.Dial(network, address)
	if err != nil {
		return err
	}
	t.Cleanup(func() { _ = c.Close() })
	return nil
}
