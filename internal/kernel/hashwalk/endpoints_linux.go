// SPDX-License-Identifier: Apache-2.0

package hashwalk

import (
	"context"
	"encoding/binary"
	"fmt"
	"math/bits"
	"net/netip"
	"sync/atomic"

	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// The kernel does not remember who opened a connection. A connection counts as
// incoming if a listener exists now that would accept it. The listeners are recorded
// before the walk, and the program looks them up for each connection.

const (
	// defaultEndpoints is for how many listening addresses and ports there is room at
	// first. It takes some 400 KiB of kernel memory.
	defaultEndpoints = 1 << 12
	// maxEndpoints is the number of listeners above which a walk gives up.
	maxEndpoints = 1 << 20
)

// A crowdedError says that the listeners did not all find room.
type crowdedError struct{ listeners uint64 }

func (e *crowdedError) Error() string {
	return fmt.Sprintf("hashwalk: no room for %d listeners", e.listeners)
}

// Chinese is the error in Chinese.
func (e *crowdedError) Chinese() string {
	return fmt.Sprintf("hashwalk：放不下 %d 个监听套接字", e.listeners)
}

// room returns the size to try next, after before was too small.
func (e *crowdedError) room(before int) (int, error) {
	endpoints := max(2*before, 1<<bits.Len64(e.listeners))
	if endpoints > maxEndpoints {
		return 0, unsupported(problem.Errorf("there are %d listeners", "监听套接字有 %d 个", e.listeners))
	}
	return endpoints, nil
}

// learn records where the listeners are, for a query that asks for directions. The
// listeners of all namespaces lie in one table.
func (v *variant) learn(ctx context.Context, q *Query, all []table) error {
	if v.need&needDirection == 0 {
		return nil
	}
	if err := v.loaded.Map("endpoints").Clear(); err != nil {
		return err
	}
	if err := v.loaded.Map("ports").Put(number(0), bytesOf(&ports{})); err != nil {
		return err
	}
	r := &run{variant: v, query: q, learn: true, vanished: make([]atomic.Bool, len(all))}
	r.spans, _, _ = spans(&Query{States: tcp.SetOf(tcp.Listen)}, all)
	if err := r.all(ctx, r.spans); err != nil {
		return err
	}
	var missed, seen uint64
	for i := range v.slots {
		w, err := v.worker(i)
		if err != nil {
			return err
		}
		missed, seen = missed+w.overflow, seen+w.seen
	}
	if missed > 0 {
		return &crowdedError{seen}
	}
	return v.nameListeners()
}

// nameListeners reads the address and port of each listener by its number, if the
// query wants them.
func (v *variant) nameListeners() error {
	if !v.layout.has(socket.FieldListener) {
		return nil
	}
	v.layout.listeners = map[uint32]netip.AddrPort{}
	return v.loaded.Map("endpoints").Each(func(key, value []byte) bool {
		var at endpoint
		copy(bytesOf(&at), key)
		addr := netip.AddrFrom16(at.local).Unmap()
		v.layout.listeners[binary.NativeEndian.Uint32(value)] = netip.AddrPortFrom(addr, at.port)
		return true
	})
}
