// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/engine"
	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/sampler"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// TestPartsTellOfAll: what a part of the buckets tells of a real host is the number
// that is there, within the error that it says, nearly always; listeners and bound
// sockets are not estimated.
func TestPartsTellOfAll(t *testing.T) {
	testnet.Require(t, testnet.BPF)
	const connections = 400
	ns := testnet.New(t, testnet.Options{PrivateHash: 4096})
	ns.SetSysctl("net.ipv4.ip_local_port_range", "20000 29999")
	ns.Do(func() {
		near, far := pairs(t, connections)
		idle, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			t.Error(err)
			return
		}
		if err := unix.Bind(idle, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
			t.Error(err)
		}
		l, _ := listenOn(t, 1)
		t.Cleanup(func() { reset(append(append(near, far...), idle, l)...) })
	})
	host, err := engine.Open(engine.Options{Netns: ns.Path(), Stays: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = host.Close() }()
	l := looker{source: host}
	for _, text := range []string{"", "sport > 0", "dport > 0 or sport = 1"} {
		var filter *query.Filter
		if text != "" {
			if filter, err = query.Parse(text, host.Names()); err != nil {
				t.Fatal(err)
			}
		}
		q := question{filter: filter}
		whole, err := l.pass(q)(t.Context(), nil, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		const looks = 60
		within, sum := 0, uint64(0)
		part := l.part(q)
		for range looks {
			got, err := part(t.Context(), &sampler.Sample[*look]{Value: whole}, time.Now(), 8)
			if err != nil {
				t.Fatalf("%q: %v", text, err)
			}
			e := got.estimates[tcp.Established]
			sum += e.Value
			if e.Low <= 2*connections && 2*connections <= e.High {
				within++
			}
			for _, s := range []tcp.State{tcp.Listen, tcp.Bound} {
				if e := got.estimates[s]; e.Value != whole.tally.Of(s).Total || e.Low != e.High {
					t.Errorf("%q: %v: %+v, there are %d", text, s, e, whole.tally.Of(s).Total)
				}
			}
		}
		t.Logf("%q: %d of %d within the error, the mean of them is %d of %d", text, within, looks, sum/looks, 2*connections)
		if within < looks*8/10 || sum/looks < 2*connections*9/10 || sum/looks > 2*connections*11/10 {
			t.Errorf("%q: %d of %d within the error, the mean of them is %d of %d", text, within, looks, sum/looks, 2*connections)
		}
	}
}

// TestNoPart: what the kernel cannot count in part is looked at as a whole.
func TestNoPart(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	host, err := engine.Open(engine.Options{Netns: ns.Path(), Engine: "sock_diag"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = host.Close() }()
	if _, err := (looker{source: host}).part(question{})(t.Context(), &sampler.Sample[*look]{Value: &look{}}, time.Now(), 8); err != sampler.ErrWhole {
		t.Errorf("a part of a dump: %v", err)
	}
}
