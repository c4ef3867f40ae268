// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/lab/segment"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// lossy answers the kernel until that many segments are acknowledged, each only when
// it comes for the second time.
func (n *network) lossy(acks int) {
	n.t.Helper()
	seen := map[string]bool{}
	for deadline := time.Now().Add(20 * time.Second); acks > 0; {
		if time.Now().After(deadline) {
			n.t.Fatalf("%d segments did not come twice", acks)
		}
		length, err := n.wire.Read(n.in, 50*time.Millisecond)
		must(n.t, err)
		s, err := segment.Decode(n.in[:length])
		if length == 0 || err != nil || len(s.Payload) == 0 {
			continue
		}
		if name := fmt.Sprint(s.Dst, s.Seq); !seen[name] {
			seen[name] = true
			continue
		}
		n.write(&segment.Segment{Src: s.Dst, Dst: s.Src, Flags: segment.ACK, Seq: 1001, Ack: s.Seq + uint32(len(s.Payload)), Window: 65535})
		acks--
	}
}

// TestTrialLoss: many segments are lost on the way. doctor reports the share and the
// peers and does not blame the program. (elasticsearch 34405)
func TestTrialLoss(t *testing.T) {
	t.Parallel()
	n := newNetwork(t)
	listener := listenOn(t, n.ns, sockaddr(here(80)), 200)
	for i := range 60 {
		n.open(i, here(80), 65535)
	}
	fds := acceptOpen(t, listener, 60)
	v := doctorWhile(t, n.ns, func() {
		for range 2 {
			for _, fd := range fds {
				_, err := unix.Write(fd, make([]byte, 500))
				must(t, err)
			}
			n.lossy(60)
		}
	}, 8*time.Second)
	f := v.finding(t, "RT01", "warning")
	f.says(t, "segments had to be sent again in 8 s", "packets are lost", "peers in all: 60")
	f.proposes(t)
	if got := f.evidence(t, "Tcp.RetransSegs"); got < 120 {
		t.Errorf("%g sent again, 120 were lost", got)
	}
	v.never(t, "ES03", "ES05", "ES06", "SY05", "AQ01")
	noPlan(t, n.ns)
}

// TestTrialLastAck: peers closed first and have gone before the last FIN is
// acknowledged. (picotcp 10)
func TestTrialLastAck(t *testing.T) {
	t.Parallel()
	n := newNetwork(t)
	listener := listenOn(t, n.ns, sockaddr(here(8080)), 200)
	for i := range 80 {
		n.openAndFinish(i, here(8080))
	}
	allIn(t, n.ns, tcp.CloseWait, 80, every)
	acceptAndClose(t, listener, 80)
	allIn(t, n.ns, tcp.LastAck, 80, func(s *socket.Socket) bool { return s.Retrans >= 3 })
	v := doctorWhile(t, n.ns, func() {}, 5*time.Second)
	f := v.finding(t, "LA01", "notice")
	f.says(t, "80 LAST_ACK have sent their FIN at least four times: peers that closed first and are gone")
	v.never(t, "CW01", "FW04", "OR01", "TW04")
}

// TestTrialSomeDead: a few of many connections have a peer that has gone; the others
// are read. Only those few are reported, and no program is said not to read. (lettuce
// 2082)
func TestTrialSomeDead(t *testing.T) {
	t.Parallel()
	n := newNetwork(t)
	clients, servers := pairs(t, n.ns, 100)
	sendAll(t, clients, servers, "ping....", 8)
	p := &peer{network: n, at: netip.AddrPortFrom(there(0).Addr(), 6379)}
	var dead []int
	for range 6 {
		fd, err := p.dial()
		must(t, err)
		dead = append(dead, fd)
	}
	p.silence(dead)
	pid := adopt(t, "lettuce", dead...)
	v := doctorWhile(t, n.ns, func() {
		readAll(t, servers, 8)
		sendAll(t, clients, servers, "ping....", 8)
	}, 5*time.Second)
	f := v.finding(t, "ES03", "warning")
	f.says(t, "6 of 206 ESTABLISHED get no acknowledgement", "all of them are connected to "+p.at.Addr().String()+": it is gone, or the way to it is", fmt.Sprintf("lettuce[%d]", pid))
	f.proposes(t)
	v.never(t, "ES04", "ES05", "RT01")
}

// TestTrialClientLeak: a client never closes what its servers have closed, and has
// enough ports. doctor reports the leak and nothing about ports. (goreq 76)
func TestTrialClientLeak(t *testing.T) {
	t.Parallel()
	ns := testnet.New(t, testnet.Options{})
	listener := listenOn(t, ns, endpoint(1, 8080), 200)
	var fds []int
	v := doctorBetween(t, ns, func() {
		for range 160 {
			fd := openSocket(t, ns)
			must(t, connect(t, ns, fd, endpoint(1, 8080)))
			fds = append(fds, fd)
		}
		acceptAndClose(t, listener, 160)
		allIn(t, ns, tcp.CloseWait, 160, every)
	})
	v.never(t, "TW03", "TW04", "TW05")
	pid := adopt(t, "goreq-app", fds...)
	v = doctorWhile(t, ns, func() {}, 5*time.Second)
	f := v.finding(t, "CW01", "warning")
	f.about(t, fmt.Sprintf("goreq-app[%d]", pid), "goreq-app", pid)
	f.says(t, "has not closed 160 connections to 127.0.0.1:8080")
	f.proposes(t)
	v.never(t, "TW03", "TW04", "TW05", "FW02")
	noPlan(t, ns)
}

// TestTrialContainer: a program leaks in its own network namespace. It is named when
// all namespaces are examined. (goreq 76)
func TestTrialContainer(t *testing.T) {
	t.Parallel()
	ns := testnet.New(t, testnet.Options{})
	pid := leakAt(t, ns, "inner-java", 8086, 130)
	v := doctorHere(t, "--netns", "all")
	at := slices.IndexFunc(v.Findings, func(f found) bool { return f.NetnsInode == ns.Inode() && f.Code == "CW01" })
	if at < 0 {
		t.Fatalf("nothing of it:\n%s", v)
	}
	v.Findings[at].about(t, fmt.Sprintf("inner-java[%d]", pid), "inner-java", pid)
	v = doctorWhile(t, ns, func() {}, 5*time.Second)
	f := v.finding(t, "CW01", "warning")
	f.about(t, fmt.Sprintf("inner-java[%d]", pid), "inner-java", pid)
}

// TestTrialBindFirst: bind() before connect(), to two servers. Neither call finds a
// port; ports says the same as doctor. (haproxy 2050)
func TestTrialBindFirst(t *testing.T) {
	t.Parallel()
	l := newPortLab(t, map[string]string{"net.ipv4.ip_local_port_range": "40000 40039"})
	for range 9 {
		l.leave(2, 8080, bindFirst)
		l.leave(2, 8081, bindFirst)
	}
	l.exhaust(8080, bindFirst)
	for _, port := range []int{8080, 8081} {
		if got := routeTo(t, l.ns, port); got.Severity != "critical" || got.Free != 0 || got.FreeForBind != 0 {
			t.Errorf("ports: %+v", got)
		}
		if _, ok := l.open(port, plainConnect); ok {
			t.Errorf("connect() to %d had a port", port)
		}
	}
	v := doctorOf(t, l.ns)
	f := v.finding(t, "TW05", "critical")
	f.says(t, "no local port of 127.0.0.1 is left for bind()", "With IP_BIND_ADDRESS_NO_PORT each destination would have all ports")
	f.proposes(t)
	v.unspoken(t, " 0 by TIME_WAIT", "healthy, nothing to change")
	noPlan(t, l.ns)
}

// TestTrialBindFirstToOne: the same with one server, where nothing shows that bind()
// came first. tcp_tw_reuse is proposed with the condition under which it helps.
func TestTrialBindFirstToOne(t *testing.T) {
	t.Parallel()
	l := newPortLab(t, map[string]string{"net.ipv4.tcp_tw_reuse": "0"})
	l.leave(20, 8080, bindFirst)
	if n := l.exhaust(8080, bindFirst); n != 0 {
		t.Fatalf("%d more ports", n)
	}
	f := doctorOf(t, l.ns).finding(t, "TW03", "critical")
	f.says(t, "20 of 20 local ports", "20 by TIME_WAIT", "if bind() comes before connect()", "IP_BIND_ADDRESS_NO_PORT is the remedy")
}

// TestTrialOwnAddress: the same server from two addresses of this host, one of which
// has no port left. The two are distinguished. (docker-alpine 10)
func TestTrialOwnAddress(t *testing.T) {
	t.Parallel()
	l := newPortLab(t, nil)
	if n := l.exhaust(8080, plainConnect); n != 20 {
		t.Fatalf("%d ports", n)
	}
	l.openMany(3, 8081, plainConnect)
	v := doctorOf(t, l.ns)
	f := v.finding(t, "TW03", "critical")
	f.about(t, "127.0.0.1 -> 127.0.0.1:8080", own(t), os.Getpid())
	if got := routeTo(t, l.ns, 8081); got.Used != 3 || got.Free != 17 || got.Severity != "ok" {
		t.Errorf("the other one: %+v", got)
	}
	v.unspoken(t, "8081")
}

// TestTrialSnapshotOfContainer: in a network namespace other than the initial one,
// some rules are not judged for that very reason, in a snapshot too. (clj-http 242)
func TestTrialSnapshotOfContainer(t *testing.T) {
	t.Parallel()
	ns := testnet.New(t, testnet.Options{})
	v := doctorBetween(t, ns, func() {})
	for rule, fact := range map[string]string{"OR01": "net.ipv4.tcp_max_orphans", "ME01": "net.ipv4.tcp_mem"} {
		if why := v.unjudged(t, rule); !strings.Contains(why, fact+": only the host's own network namespace shows it") {
			t.Errorf("%s: %s", rule, why)
		}
	}
}

// keepsAsking sends a few bytes on every connection, and again every half second until
// the test ends: whenever somebody looks, the peer has just been heard.
func (p *peer) keepsAsking(replies []*segment.Segment) {
	p.t.Helper()
	ask := func() {
		for _, reply := range replies {
			reply.Flags, reply.Payload = segment.ACK|segment.PSH, make([]byte, 8)
			p.write(reply)
			reply.Seq += 8 // only new data is heard
		}
	}
	ask()
	testnet.Delivered(p.t)
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for tick := time.NewTicker(500 * time.Millisecond); ; {
			select {
			case <-tick.C:
				ask()
			case <-stop:
				tick.Stop()
				return
			}
		}
	}()
	p.t.Cleanup(func() { close(stop); <-stopped })
}

// TestTrialPathMTU: small packets get through and full segments are dropped silently,
// because ICMP is filtered on the path. doctor distinguishes this from a peer that has
// gone and gives the right remedy.
func TestTrialPathMTU(t *testing.T) {
	t.Parallel()
	p := &peer{network: newNetwork(t), at: netip.AddrPortFrom(there(0).Addr(), 443)}
	p.ns.SetSysctl("net.ipv4.tcp_mtu_probing", "0")
	var replies []*segment.Segment
	for range 12 {
		fd, err := p.dial()
		must(t, err)
		_, err = unix.Write(fd, make([]byte, 100))
		must(t, err)
		small := p.expect(segment.PSH)
		reply := &segment.Segment{Src: small.Dst, Dst: small.Src, Flags: segment.ACK, Seq: 1001, Ack: small.Seq + 100, Window: 65535}
		p.write(reply)
		replies = append(replies, reply)
		allIn(t, p.ns, tcp.Established, 1, func(s *socket.Socket) bool { return s.SendQ == 0 && s.Local == small.Src })
		_, err = unix.Write(fd, make([]byte, 4000))
		must(t, err)
	}
	allIn(t, p.ns, tcp.Established, 12, func(s *socket.Socket) bool { return s.Retrans >= 5 })
	p.keepsAsking(replies)
	v := doctorWhile(t, p.ns, func() {}, 5*time.Second)
	f := v.finding(t, "ES03", "warning")
	f.says(t, "12 of 12 ESTABLISHED get no acknowledgement", "all of them wait with full segments, of 1,460 bytes or more, while their peers are heard")
	f.proposes(t, "net.ipv4.tcp_mtu_probing=1")
	planHoldsAll(t, p.ns, "net.ipv4.tcp_mtu_probing")
	p.ns.SetSysctl("net.ipv4.tcp_mtu_probing", "1")
	f = doctorOf(t, p.ns).finding(t, "ES03", "warning")
	f.proposes(t)
}

// TestTrialAnswersRefused: answers of a server arrive on a different interface than
// the route back uses, and the reverse path filter drops them. The fault is on this
// host, not with the server.
func TestTrialAnswersRefused(t *testing.T) {
	t.Parallel()
	p := &peer{network: newNetwork(t), at: netip.AddrPortFrom(there(0).Addr(), 443)}
	var syns []*segment.Segment
	for range 6 {
		fd := openSocket(t, p.ns)
		if err := unix.Connect(fd, sockaddr(p.at)); !errors.Is(err, unix.EINPROGRESS) {
			t.Fatal(err)
		}
		syn := *p.expect(segment.SYN)
		syns = append(syns, &syn)
	}
	p.ns.SetSysctl("net.ipv4.conf.all.rp_filter", "1")
	runIn(t, p.ns, "ip route add "+p.at.Addr().String()+"/32 dev lo")
	allIn(t, p.ns, tcp.SynSent, 6, func(s *socket.Socket) bool { return s.Retrans > 0 })
	v := doctorWhile(t, p.ns, func() {
		for range 3 {
			for _, syn := range syns {
				p.reply(syn, segment.SYN|segment.ACK)
			}
		}
		testnet.Delivered(t)
	}, 5*time.Second)
	f := v.finding(t, "NP02", "warning")
	f.says(t, "18 packets were thrown away by the reverse path filter in 5 s")
	f.proposes(t)
	f.explains(t, "SY05")
}

// TestTrialDamaged: segments arrive with a wrong checksum, which nobody is told.
func TestTrialDamaged(t *testing.T) {
	t.Parallel()
	n := newNetwork(t)
	listenOn(t, n.ns, sockaddr(here(80)), 100)
	v := doctorWhile(t, n.ns, func() {
		for i := range 40 {
			packet := segment.Append(nil, synOf(i, here(80)))
			packet[len(packet)-1] ^= 1 // a bit in its options
			must(t, n.wire.Write(packet))
		}
		testnet.Delivered(t)
	}, 5*time.Second)
	f := v.finding(t, "NP02", "warning")
	f.says(t, "40 of 40 segments came in damaged in 5 s: their checksum is wrong")
	v.never(t, "AQ03", "SY02", "RS02")
}

// TestTrialRefused: a backend is down, and a program calls it repeatedly: each call is
// refused at once, and no socket remains. doctor reports what is known and that a
// trace names the program; the same for a program that tries ::1 before 127.0.0.1,
// which is harmless.
func TestTrialRefused(t *testing.T) {
	t.Parallel()
	ns := testnet.New(t, testnet.Options{})
	listener := listenOn(t, ns, endpoint(1, 8080), 64)
	call := func(port int) error {
		fd := newSocket(t, ns)
		defer unix.Close(fd)
		if err := unix.Connect(fd, endpoint(1, port)); err != nil && !errors.Is(err, unix.EINPROGRESS) {
			return err
		}
		code, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR)
		must(t, err)
		if code != 0 {
			return unix.Errno(code)
		}
		return nil
	}
	v := doctorWhile(t, ns, func() {
		for range 60 {
			if err := call(8099); !errors.Is(err, unix.ECONNREFUSED) {
				t.Fatalf("connect: %v", err)
			}
		}
	}, 5*time.Second)
	f := v.finding(t, "SY07", "info")
	f.says(t, "60 of 60 connect() failed at once in 5 s (100 %, 12.0 a second)", "it is not running where it is called, or a firewall rejects", "only a trace tells")
	f.proposes(t)
	if !strings.Contains(v.String(), "doctor --trace 10s") {
		t.Errorf("no trace is named:\n%s", v)
	}
	v.never(t, "SY05", "TO01")

	v = doctorWhile(t, ns, func() {
		for range 40 {
			if err := call(8099); !errors.Is(err, unix.ECONNREFUSED) {
				t.Fatalf("connect: %v", err)
			}
			must(t, call(8080))
			letGo(t, acceptOpen(t, listener, 1))
		}
	}, 5*time.Second)
	f = v.finding(t, "SY07", "info")
	f.says(t, "40 of 80 connect() failed at once", "it loses a moment each time, and no more")
	noPlan(t, ns)
}

// TestTrialRejected: a firewall of this host rejects what a program calls, with an ICMP
// error. It comes while connect() has the socket, and AttemptFails does not count it.
func TestTrialRejected(t *testing.T) {
	t.Parallel()
	ns := testnet.New(t, testnet.Options{})
	rule := "add table inet f\nadd chain inet f in { type filter hook input priority 0 ; }\nadd rule inet f in tcp dport 8099 reject with icmpx type admin-prohibited\n"
	cmd := ns.Command("nft", "-f", "-")
	cmd.Stdin = strings.NewReader(rule)
	if out, err := cmd.CombinedOutput(); err != nil {
		testnet.Skip(t, testnet.Tools, fmt.Sprintf("nft: %v: %s", err, out))
	}
	v := doctorWhile(t, ns, func() {
		for range 60 {
			fd := newSocket(t, ns)
			err := unix.Connect(fd, endpoint(1, 8099))
			must(t, unix.Close(fd))
			if !errors.Is(err, unix.EHOSTUNREACH) && !errors.Is(err, unix.EINPROGRESS) {
				t.Fatalf("connect: %v", err)
			}
		}
	}, 5*time.Second)
	f := v.finding(t, "SY07", "info")
	f.says(t, "60 of 60 connect() failed at once in 5 s", "a firewall of this host, or of a container on it, rejects", "only a trace tells")
	f.proposes(t)
	v.never(t, "SY05", "TO01")
}
