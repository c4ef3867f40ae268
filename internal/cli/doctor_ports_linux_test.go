// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// TestDoctorPortsOfConnect: connect() has no port left, and most are in
// TIME_WAIT.
func TestDoctorPortsOfConnect(t *testing.T) {
	l := newPortLab(t, map[string]string{"net.ipv4.tcp_tw_reuse": "0"})
	l.leave(15, 8080, plainConnect)
	if n := l.exhaust(8080, plainConnect); n != 5 {
		t.Fatalf("%d of 5 connections", n)
	}
	pid := adopt(t, "caller", slices.Collect(maps.Keys(l.clients))...)
	v := doctorOf(t, l.ns)
	f := v.finding(t, "TW03", "critical")
	f.about(t, "127.0.0.1 -> 127.0.0.1:8080", "caller", pid)
	f.says(t, "20 of 20 local ports from 127.0.0.1 to 127.0.0.1:8080 are gone, 15 by TIME_WAIT", "EADDRNOTAVAIL")
	f.proposes(t, "net.ipv4.tcp_tw_reuse=1", "net.ipv4.ip_local_port_range=32768 60999")
	v.silent(t, "TW05")
}

// TestDoctorPortsOfBind: bind() before connect() uses each port for all destinations,
// and no kernel parameter changes that.
func TestDoctorPortsOfBind(t *testing.T) {
	l := newPortLab(t, nil)
	for range 10 {
		l.openMany(1, 8080, bindFirst)
		l.openMany(1, 8081, bindFirst)
	}
	if n := l.exhaust(8080, bindFirst); n != 0 {
		t.Fatalf("%d connections more than there are ports", n)
	}
	pid := adopt(t, "proxy", slices.Collect(maps.Keys(l.clients))...)
	f := doctorOf(t, l.ns).finding(t, "TW05", "critical")
	f.about(t, "127.0.0.1", "proxy", pid)
	f.says(t, "no local port of 127.0.0.1 is left for bind()", "EADDRINUSE. With IP_BIND_ADDRESS_NO_PORT each destination would have all ports")
	f.proposes(t)
	f.explains(t, "TW03")
}

// defaultTimeWaits is the kernel's default of tcp_max_tw_buckets, half of the table of
// connections (net/ipv4/tcp_ipv4.c tcp_set_hashinfo), as another namespace shows it.
func defaultTimeWaits(t *testing.T) string {
	t.Helper()
	return testnet.New(t, testnet.Options{}).Sysctl("net.ipv4.tcp_max_tw_buckets")
}

// TestDoctorTimeWaitLimit: connections skip TIME_WAIT because its limit is reached.
func TestDoctorTimeWaitLimit(t *testing.T) {
	l := newPortLab(t, map[string]string{"net.ipv4.tcp_max_tw_buckets": "5"})
	v := doctorBetween(t, l.ns, func() { l.leave(15, 8080, plainConnect) })
	f := v.finding(t, "TW02", "critical")
	f.says(t, "tcp_max_tw_buckets is 5, and all of it is used")
	f.proposes(t, "net.ipv4.tcp_max_tw_buckets="+defaultTimeWaits(t))
	if n := f.evidence(t, "TcpExt.TCPTimeWaitOverflow"); n < 9 {
		t.Errorf("%g of 15 connections had no place among 5", n)
	}
}
