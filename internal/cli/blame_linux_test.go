// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"testing"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/lab/segment"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// stray sends segments that a listener discards without losing a connection: bare RSTs
// and FINs, and the segments of scans. Each counts as a drop of the listener.
func (n *network) stray(port uint16, times int) {
	for i := range times {
		for _, flags := range []segment.Flags{segment.RST, segment.FIN, 0, segment.SYN | segment.FIN, segment.FIN | segment.PSH | segment.URG} {
			n.write(&segment.Segment{Src: there(i), Dst: here(port), Flags: flags, Seq: 7, Window: 1024})
		}
	}
}

// dropsAt waits until the listener of a port has so many drops.
func (n *network) dropsAt(port, want int) {
	n.t.Helper()
	await(n.t, "the listener has discarded all", func() bool {
		for _, d := range doorsOf(n.t, n.ns) {
			if d.Sport == port && d.Drops >= want {
				return true
			}
		}
		return false
	})
}

// TestDoctorStraySegments: segments that an empty listener discards are not reported
// as a loss by any command that judges queues.
func TestDoctorStraySegments(t *testing.T) {
	n := newNetwork(t)
	listenOn(t, n.ns, sockaddr(here(6001)), 100)
	scan := func() {
		n.stray(6001, 10)
		n.dropsAt(6001, 50)
	}
	v := doctorWhile(t, n.ns, scan, time.Second)
	v.silent(t, "AQ01", "AQ03")
	d := doorsWhile(t, n.ns, func() { n.stray(6001, 10); n.dropsAt(6001, 100) })[0]
	if d.Severity != "ok" || len(d.Signs)+len(d.Advice) != 0 || d.Window.Drops < 50 || d.Window.Overflows == nil || d.Window.Overflows.Most != 0 {
		t.Errorf("%+v %+v", d, d.Window)
	}
}

// TestDoctorBlamesTheFullOne: while one listener overflows, another one is scanned.
// The scanned one is not named, and no more losses are reported than were counted.
func TestDoctorBlamesTheFullOne(t *testing.T) {
	n := newNetwork(t)
	listenOn(t, n.ns, sockaddr(here(6001)), 100)
	full := listenOn(t, n.ns, sockaddr(here(6002)), 5)
	for range 6 {
		connectTo(t, n.ns, sockaddr(here(6002)), 1)
	}
	pid := adopt(t, "deaf", full)
	var lost int
	v := doctorWhile(t, n.ns, func() {
		before := listenDrops(t, n.ns)
		n.stray(6001, 10)
		connectTo(t, n.ns, sockaddr(here(6002)), 3)
		n.dropsAt(6001, 50)
		lost = listenDrops(t, n.ns) - before
	}, time.Second)
	f := v.finding(t, "AQ01", "critical")
	f.about(t, "192.0.2.1:6002", "deaf", pid)
	for i := range v.Findings {
		if f := &v.Findings[i]; f.Code == "AQ01" && f.Subject != "192.0.2.1:6002" || f.Code == "AQ03" {
			t.Errorf("said too:\n%s", v)
		}
	}
	// SYNs are sent again while the doctor reads.
	if most := f.evidence(t, "overflows of the listener, at most"); most < float64(lost) || most > f.evidence(t, "TcpExt.ListenOverflows") {
		t.Errorf("%g dropped of %d:\n%s", most, lost, v)
	}
}

// TestDoctorBlamesNobody: a burst has overflowed one of two listeners, and the other
// was scanned meanwhile. Either may have overflowed, so neither is blamed.
func TestDoctorBlamesNobody(t *testing.T) {
	n := newNetwork(t)
	listenOn(t, n.ns, sockaddr(here(6001)), 100)
	burst := listenOn(t, n.ns, sockaddr(here(6002)), 2)
	v := doctorWhile(t, n.ns, func() {
		n.stray(6001, 10)
		n.dropsAt(6001, 50)
		for i := range 3 { // one more than the limit, so it is full
			n.open(1000+i, here(6002), 65535)
		}
		dropped := listenDrops(t, n.ns)
		n.write(synOf(2000, here(6002)))
		await(t, "a SYN is dropped", func() bool { return listenDrops(t, n.ns) > dropped })
		acceptAndClose(t, burst, 3)
	}, time.Second)
	f := v.finding(t, "AQ01", "critical")
	f.says(t, "dropped at a full accept queue", "which listener's is not known", "192.0.2.1:6001, at most 1", "192.0.2.1:6002, at most 1")
	if f.Subject != "" || f.Process != "" {
		t.Errorf("about %q of %s", f.Subject, f.Process)
	}
	for _, d := range doorsOf(t, n.ns) {
		if d.Severity == "critical" {
			t.Errorf("%+v", d)
		}
	}
	testnet.Delivered(t)
}
