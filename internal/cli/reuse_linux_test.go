// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/lab/segment"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// peer is a server on the network that the test plays. It does not offer timestamps,
// like Windows and hardened hosts.
type peer struct {
	*network

	at    netip.AddrPort
	stamp bool
}

// dial opens a connection to the peer; it fails if there is no local port.
func (p *peer) dial() (fd int, err error) {
	p.t.Helper()
	fd = newSocket(p.t, p.ns)
	p.t.Cleanup(func() { _ = unix.Close(fd) })
	if err := unix.Connect(fd, sockaddr(p.at)); !errors.Is(err, unix.EINPROGRESS) {
		return fd, err
	}
	syn := p.expect(segment.SYN)
	p.reply(syn, segment.SYN|segment.ACK)
	await(p.t, "the connection is there", func() bool { return stateOf(p.t, fd) == tcp.Established })
	return fd, nil
}

// expect reads segments until one has the flag.
func (p *peer) expect(flag segment.Flags) *segment.Segment {
	p.t.Helper()
	for range 1000 {
		length, err := p.wire.Read(p.in, 50*time.Millisecond)
		must(p.t, err)
		if length == 0 {
			continue
		}
		if s, err := segment.Decode(p.in[:length]); err == nil && s.Dst == p.at && s.Flags&flag != 0 {
			return &s
		}
	}
	p.t.Fatalf("no segment with %v came", flag)
	return nil
}

func (p *peer) reply(to *segment.Segment, flags segment.Flags) {
	answer := &segment.Segment{Src: to.Dst, Dst: to.Src, Flags: flags, Seq: 1000, Ack: to.Seq + 1, Window: 65535}
	if flags&segment.SYN != 0 {
		answer.Options = segment.Options{MSS: 1460}
	} else {
		answer.Seq = 1001
	}
	if p.stamp && to.Options.HasTimestamps {
		answer.Options.HasTimestamps, answer.Options.TSVal, answer.Options.TSEcr = true, 7, to.Options.TSVal
	}
	p.write(answer)
}

// leave closes a connection here first; the peer answers with its FIN, which leaves
// TIME_WAIT here.
func (p *peer) leave(fd int) {
	p.t.Helper()
	must(p.t, unix.Shutdown(fd, unix.SHUT_WR))
	p.reply(p.expect(segment.FIN), segment.FIN|segment.ACK)
	await(p.t, "the connection is in TIME_WAIT", func() bool { return stateOf(p.t, fd) == tcp.Close })
}

// newPeer makes a namespace with ten local ports. Some connections to the peer are
// open; the others are in TIME_WAIT, older than tcp_tw_reuse requires.
func newPeer(t *testing.T, stamp bool, reuse string, open, timeWait int) *peer {
	t.Helper()
	p := &peer{network: newNetwork(t), at: netip.AddrPortFrom(there(0).Addr(), 1433), stamp: stamp}
	p.ns.SetSysctl("net.ipv4.ip_local_port_range", "40000 40009")
	p.ns.SetSysctl("net.ipv4.tcp_tw_reuse", reuse)
	for i := range open + timeWait {
		fd, err := p.dial()
		must(t, err)
		if i >= open {
			p.leave(fd)
		}
	}
	time.Sleep(1200 * time.Millisecond)
	return p
}

func (p *peer) noPort() {
	p.t.Helper()
	if _, err := p.dial(); !errors.Is(err, unix.EADDRNOTAVAIL) {
		p.t.Fatalf("connect: %v, want no port left", err)
	}
}

// TestPeerWithoutTimestamps: if the peer does not use timestamps, as Windows by
// default, tcp_tw_reuse has no effect, and no command says otherwise.
func TestPeerWithoutTimestamps(t *testing.T) {
	for _, reuse := range []string{"0", "1"} {
		t.Run("tcp_tw_reuse "+reuse, func(t *testing.T) {
			p := newPeer(t, false, reuse, 3, 7)
			p.noPort()
			got := routeTo(t, p.ns, 1433)
			if got.Used != 10 || got.Reusable != 0 || got.Free != 0 || got.Severity != "critical" || got.Timestamps != "off" || slices.Contains(got.Advice, "tw-reuse") {
				t.Errorf("%+v", got)
			}
			f := doctorOf(t, p.ns).finding(t, "TW03", "critical")
			f.says(t, "10 of 10 local ports from 192.0.2.1 to 192.0.2.10:1433 are gone, 7 by TIME_WAIT", "the open connections to this destination have no timestamps")
			f.proposes(t, "net.ipv4.ip_local_port_range=32768 60999")
		})
	}
}

// TestPeerWithTimestamps: the same with a peer that uses them.
func TestPeerWithTimestamps(t *testing.T) {
	p := newPeer(t, true, "0", 3, 7)
	p.noPort()
	f := doctorOf(t, p.ns).finding(t, "TW03", "critical")
	f.proposes(t, "net.ipv4.tcp_tw_reuse=1", "net.ipv4.ip_local_port_range=32768 60999")
	p.ns.SetSysctl("net.ipv4.tcp_tw_reuse", "1")
	got := routeTo(t, p.ns, 1433)
	if got.Used != 3 || got.Reusable != 7 || got.Free != 7 || got.Severity != "ok" || got.Timestamps != "on" || got.Reuse != "yes" {
		t.Errorf("%+v", got)
	}
	if _, err := p.dial(); err != nil {
		t.Errorf("connect: %v", err)
	}
}

// TestPeerUnknown: no open connection shows whether the peer uses timestamps. One
// reading says "if"; a window in which all ports stay taken shows that tcp_tw_reuse
// does not help.
func TestPeerUnknown(t *testing.T) {
	p := newPeer(t, false, "0", 0, 10)
	f := doctorOf(t, p.ns).finding(t, "TW03", "critical")
	f.proposes(t, "net.ipv4.tcp_tw_reuse=1", "net.ipv4.ip_local_port_range=32768 60999")
	p.ns.SetSysctl("net.ipv4.tcp_tw_reuse", "1")
	p.noPort()
	if got := routeTo(t, p.ns, 1433); got.Reuse != "if-timestamps" || got.Severity != "notice" {
		t.Errorf("one look: %+v", got)
	}
	f = doctorOf(t, p.ns).finding(t, "TW03", "notice")
	f.says(t, "only if the peer uses timestamps, which nothing shows: 0 of 10 ports without them")
	var doc destinations
	answerBetween(t, p.ns, &doc, p.noPort, time.Second, "ports")
	if got := doc.to(t, 1433); got.Used != 10 || got.Reusable != 0 || got.Free != 0 || got.Severity != "critical" || got.Reuse != "not-seen" {
		t.Errorf("a window: %+v", got)
	}
	f = doctorWhile(t, p.ns, p.noPort, time.Second).finding(t, "TW03", "critical")
	f.says(t, "no connection took over a TIME_WAIT in 1 s though all ports are taken")
}

// TestTuneVerifyReuse: once tcp_tw_reuse is set, TIME_WAIT counts as free. That does
// not prove that it helped while connect() still fails or nobody has tried.
func TestTuneVerifyReuse(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		stamp bool
		open  int
	}{
		{"nobody knows", false, 0},
		{"the peer uses timestamps", true, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := newPeer(t, test.stamp, "0", test.open, 10-test.open)
			u := newTuner(t)
			u.ns = p.ns
			plan := filepath.Join(u.dir, "reuse.plan")
			must(t, os.WriteFile(plan, []byte(u.want(0, "net.ipv4.tcp_tw_reuse = 1", "", "plan", "--from-doctor")), 0o600))
			u.want(0, "applied as change 1", "", "apply", plan, "--yes")
			u.want(0, "cannot tell", "", "verify", "1")
			out := u.want(0, "net.ipv4.tcp_tw_reuse", "", "verify", "1", "--window", "1s")
			if strings.Contains(out, "helped") {
				t.Errorf("nobody connected:\n%s", out)
			}
		})
	}
}
