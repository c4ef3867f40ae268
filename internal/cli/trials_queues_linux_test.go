// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/lab/segment"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// unspoken checks that an answer does not contain words.
func (v verdict) unspoken(t *testing.T, words ...string) {
	t.Helper()
	for _, w := range words {
		if strings.Contains(v.String(), w) {
			t.Errorf("it says %q:\n%s", w, v)
		}
	}
}

// TestTrialSlowAccept: a short queue is served slowly. The clients' last ACKs come
// repeatedly and are dropped: more cookies come back than were sent, and doctor does
// not say that none come back. (RPi-Monitor 218)
func TestTrialSlowAccept(t *testing.T) {
	t.Parallel()
	n := newNetwork(t)
	listener := listenOn(t, n.ns, sockaddr(here(8889)), 2)
	n.open(0, here(8889), 65535)
	n.open(1, here(8889), 65535)
	for i := 10; i < 13; i++ { // these take the places of half-open connections
		n.write(synOf(i, here(8889)))
	}
	await(t, "the SYN queue is full", func() bool { return doorsOf(t, n.ns)[0].SynRecv == 3 })
	v := doctorWhile(t, n.ns, func() {
		cookie := n.answerOf(21, 8889).Seq
		n.open(20, here(8889), 65535)
		for range 8 { // the cookie comes back to a full accept queue
			n.write(&segment.Segment{Src: there(21), Dst: here(8889), Flags: segment.ACK, Seq: 1001, Ack: cookie + 1, Window: 65535})
		}
		n.dropsAt(8889, 8)
		acceptOpen(t, listener, 1)
	}, 4*time.Second)
	f := v.finding(t, "AQ01", "critical")
	f.about(t, "192.0.2.1:8889", f.Process, f.PID)
	f.says(t, "the limit is the application's own backlog (somaxconn is 4096)")
	f.proposes(t)
	f.explains(t, "SY02") // the same cookies, repeatedly
	for i := range f.Explains {
		if below := &f.Explains[i].Finding; below.Code == "SY02" {
			below.says(t, "the backlog is too small for real clients", "and more came back than were sent")
			below.proposes(t)
		}
	}
	v.unspoken(t, "% came back", "the final ACK does not come", "SYN flood")
}

// unreachable is a router's answer to a packet for a host that does not exist.
func unreachable(packet []byte) []byte {
	out := make([]byte, 20+8, 20+8+28)
	out[0], out[8], out[9] = 0x45, 64, 1
	copy(out[12:16], []byte{192, 0, 2, 254})
	copy(out[16:20], packet[12:16])
	out[20], out[21] = 3, 1 // destination unreachable, host
	out = append(out, packet[:28]...)
	binary.BigEndian.PutUint16(out[2:], uint16(len(out)))
	binary.BigEndian.PutUint16(out[10:], onesSum(out[:20]))
	binary.BigEndian.PutUint16(out[22:], onesSum(out[20:]))
	return out
}

// onesSum is the checksum of the Internet (RFC 1071) of an even number of bytes.
func onesSum(b []byte) uint16 {
	var sum uint32
	for i := 0; i < len(b); i += 2 {
		sum += uint32(b[i])<<8 | uint32(b[i+1])
	}
	for sum > 0xffff {
		sum = sum&0xffff + sum>>16
	}
	return ^uint16(sum)
}

// answerOf sends the SYN of the i-th peer and returns the SYN-ACK, which is in n.in.
func (n *network) answerOf(i int, port uint16) (s segment.Segment) {
	n.t.Helper()
	n.write(synOf(i, here(port)))
	await(n.t, "the SYN-ACK", func() bool {
		length, err := n.wire.Read(n.in, 50*time.Millisecond)
		must(n.t, err)
		if length == 0 {
			return false
		}
		s, err = segment.Decode(n.in[:length])
		return err == nil && s.Dst == there(i)
	})
	return s
}

// refused sends SYNs from hosts that do not exist; for each a router says so.
func (n *network) refused(from, to int, port uint16) {
	n.t.Helper()
	for i := from; i < to; i++ {
		n.answerOf(i, port)
		must(n.t, n.wire.Write(unreachable(n.in)))
	}
}

// TestTrialFloodOfNobody: a flood from hosts that do not exist, as routers report. The
// half-open connections that this ends are no separate finding, the rate is that of
// the cookies, and no queue is too short. (netdata 8249)
func TestTrialFloodOfNobody(t *testing.T) {
	t.Parallel()
	n := newNetwork(t)
	fd := listenOn(t, n.ns, sockaddr(here(443)), 16)
	pid := adopt(t, "nginx", fd)
	v := doctorWhile(t, n.ns, func() {
		n.refused(0, 60, 443)
		for i := 100; i < 400; i++ {
			n.write(synOf(i, here(443)))
		}
		await(t, "the SYN queue is full", func() bool { return doorsOf(t, n.ns)[0].SynRecv > 16 })
		testnet.Delivered(t)
	}, 5*time.Second)
	f := v.finding(t, "SY02", "critical")
	f.says(t, "SYN flood: ", "filter upstream", fmt.Sprintf("nginx[%d]", pid), "192.0.2.1:443 has 17 half-open connections, which is its limit")
	f.proposes(t)
	f.explains(t, "AQ03", "SY01")
	v.unspoken(t, "SYNs a second never complete")
	for _, d := range doorsOf(t, n.ns) {
		sameWords(t, "signs", []string{"half-open-full"}, d.Signs[:1])
		sameWords(t, "advice", []string{"find-half-open-sources"}, d.Advice)
	}
}

// TestTrialStuckMember: of four processes that share a port, one hangs. It is named,
// and so is the fact that the others have room. (hitch 142)
func TestTrialStuckMember(t *testing.T) {
	t.Parallel()
	ns := testnet.New(t, testnet.Options{})
	members := make([]int, 4)
	for i := range members {
		members[i] = listenOn(t, ns, endpoint(1, 8080), 5, unix.SO_REUSEPORT)
	}
	for range 60 {
		connectTo(t, ns, endpoint(1, 8080), 1)
		for _, m := range members[1:] {
			acceptAll(m)
		}
	}
	pid := adopt(t, "envoy", members[0])
	adopt(t, "envoy", members[1:]...)
	v := doctorWhile(t, ns, func() {}, 5*time.Second)
	f := v.finding(t, "AQ01", "critical")
	f.about(t, "127.0.0.1:8080", "envoy", pid)
	f.says(t, "1 of the 4 listeners that share the address is in this state, the others have room")
	f.proposes(t)
	if d := doorsOf(t, ns)[0]; d.PID != pid || d.Waiting != 6 {
		t.Errorf("queues: %+v", d)
	}
}

// TestTrialDevice: two listeners on one port, each on its own device. The full one is
// named, with its owner. (frr 5390)
func TestTrialDevice(t *testing.T) {
	t.Parallel()
	ns := testnet.New(t, testnet.Options{})
	onLoopback := newSocket(t, ns)
	t.Cleanup(func() { _ = unix.Close(onLoopback) })
	must(t, unix.SetsockoptInt(onLoopback, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1))
	must(t, unix.BindToDevice(onLoopback, "lo"))
	must(t, unix.Bind(onLoopback, endpoint(1, 179)))
	must(t, unix.Listen(onLoopback, 5))
	pid := adopt(t, "bgpd", onLoopback)
	connectTo(t, ns, endpoint(1, 179), 8)
	v := doctorWhile(t, ns, func() {}, 5*time.Second)
	f := v.finding(t, "AQ01", "critical")
	f.about(t, "127.0.0.1:179", "bgpd", pid)
	f.explains(t, "ES01")
	if d := doorsOf(t, ns); len(d) != 1 || d[0].PID != pid || d[0].Unaccepted != 6 {
		t.Errorf("queues: %+v", d)
	}
	var census struct {
		Groups []struct {
			Key struct{ Device, Process string }
		}
	}
	answer(t, ns, &census, "census", "sport = :179", "--by", "device,process")
	if len(census.Groups) != 1 || census.Groups[0].Key.Device != "lo" || census.Groups[0].Key.Process != "bgpd" {
		t.Errorf("census: %+v", census.Groups)
	}
}

// TestTrialListenerInRange: the port of a service lies in the range of outgoing
// connections, so an outgoing connection may take it after a restart. (nomad 3456)
func TestTrialListenerInRange(t *testing.T) {
	t.Parallel()
	l := newPortLab(t, nil)
	listenOn(t, l.ns, endpoint(1, 40007), 16)
	f := doctorOf(t, l.ns).finding(t, "LP01", "info")
	f.says(t, "1 listener in ip_local_port_range, not reserved", ":40007")
	f.proposes(t)
	l.ns.SetSysctl("net.ipv4.ip_local_reserved_ports", "40007")
	doctorOf(t, l.ns).silent(t, "LP01")
}
