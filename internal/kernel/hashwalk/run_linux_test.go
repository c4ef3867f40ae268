// SPDX-License-Identifier: Apache-2.0

package hashwalk

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/netip"
	"testing"
	"unsafe"

	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// TestLayout: the structures have the sizes that the program's maps declare.
func TestLayout(t *testing.T) {
	testnet.Require(t, testnet.BPF)
	v, err := load(object, Query{}, 1, false)
	if err != nil {
		t.Fatal(err)
	}
	defer v.close() //nolint:errcheck // never fails
	for name, size := range map[string]uintptr{
		"workers": unsafe.Sizeof(workerState{}), "census": unsafe.Sizeof(homes{}), "groups": unsafe.Sizeof(group{}),
		"tables": unsafe.Sizeof(table{}), "entrances": unsafe.Sizeof(entrances{}), "findings": unsafe.Sizeof(finding{}), "ports": unsafe.Sizeof(ports{}),
	} {
		if _, got := v.loaded.Map(name).Sizes(); got != int(size) {
			t.Errorf("map %s has values of %d bytes, here %d", name, got, size)
		}
	}
	if got, _ := v.loaded.Map("endpoints").Sizes(); got != int(unsafe.Sizeof(endpoint{})) {
		t.Errorf("map endpoints has keys of %d bytes, here %d", got, unsafe.Sizeof(endpoint{}))
	}
}

// TestSample: the number of connections is in the stated interval in at least 95 of
// 100 samples, and a sample of 1 in 64 finds about a 64th.
func TestSample(t *testing.T) {
	walker := open(t)
	ns := testnet.New(t, testnet.Options{})
	const n, trials = 3000, 200
	fds := make([]int, 0, n)
	ns.Do(func() {
		for range n {
			fd, err := connectSelf(netip.AddrFrom4([4]byte{127, 0, 0, 1}))
			if err != nil {
				t.Error(err)
				return
			}
			fds = append(fds, fd)
		}
	})
	defer func() { closeAll(fds) }()
	covered, sum := 0, uint64(0)
	for range trials {
		q := Query{Netns: []uint64{ns.Inode()}, States: connections, Sample: 64, Offset: rand.Uint32()}
		r, err := walker.Walk(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		var seen, squares uint64
		for _, row := range r.Rows {
			seen += row.Sockets
			squares += row.Squares
		}
		sum += seen
		if e := (query.Sample{Buckets: r.Slots, Of: r.SlotsOfAll}).Estimate(seen, squares); e.Low <= n && n <= e.High {
			covered++
		}
	}
	t.Logf("the interval held in %d of %d; mean estimate %.0f of %d", covered, trials, float64(sum)*64/trials, n)
	// 190 of 200 are expected; one run in a thousand is below 180 by chance.
	if covered < 180 {
		t.Errorf("the interval held in %d of %d samples", covered, trials)
	}
}

// TestWalkIsCalledOff: cancelling the context ends a walk between two slices.
func TestWalkIsCalledOff(t *testing.T) {
	walker := open(t)
	ctx, cancel := context.WithCancel(t.Context())
	calls := 0
	q := Query{By: key(socket.FieldState), Workers: 1, Progress: func(done, total uint64) {
		if calls++; done > total {
			t.Errorf("%d of %d slots are done", done, total)
		}
		cancel()
	}}
	_, err := walker.Walk(ctx, q)
	if !errors.Is(err, context.Canceled) || calls > 2 {
		t.Errorf("after %d pieces: %v", calls, err)
	}
	if _, err := walker.Walk(t.Context(), q); err != nil {
		t.Errorf("the walk after it: %v", err)
	}
}

// TestWhatIsNotRead: fields that the kernel part does not read are refused by name
// before anything is loaded.
func TestWhatIsNotRead(t *testing.T) {
	for _, q := range []Query{
		{By: key(socket.FieldRTT)},
		{By: key(socket.FieldProcess)},
		{Where: socket.MarkCondition{Mark: 1, Mask: 1}},
		{Where: socket.And{socket.Not{Condition: socket.AutoboundCondition{}}}},
	} {
		var unsupported *problem.UnsupportedError
		if err := Supports(q); !errors.As(err, &unsupported) {
			t.Errorf("%+v: %v", q, err)
		}
	}
	if err := Supports(Query{By: key(socket.FieldRemote), Where: socket.CgroupCondition{ID: 7}}); err != nil {
		t.Error(err)
	}
}
