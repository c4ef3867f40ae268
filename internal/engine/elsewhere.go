// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/kernel/netns"
	"github.com/tcpvitals/tcpvitals/internal/query"
)

// elsewherePatience is how long a finished census waits to learn how many namespaces
// it did not count. The search costs about 5 µs per process: a host with many
// thousands of processes is not kept waiting for a remark.
const elsewherePatience = 25 * time.Millisecond

// elsewhere takes a census. If wanted, it counts at the same time the network
// namespaces that the census does not see. If that number is not known in time, the
// remark is left out.
func (h *Host) elsewhere(ctx context.Context, wanted bool, take func() (*query.Census, error)) (*query.Census, error) {
	if !wanted || h.proc.Elsewhere() {
		return take() // the files are another machine's; its namespaces are not ours
	}
	if netns.OnlyFirst() { // asked here, not aside: a goroutine needs a thread
		c, err := take()
		if err == nil {
			c.OtherNamespaces = new(int)
		}
		return c, err
	}
	looking, stop := context.WithCancel(ctx)
	defer stop()
	found := make(chan int, 1)
	go func() {
		defer close(found)
		if n, err := netns.CountOthers(looking); err == nil {
			found <- n
		}
	}()
	c, err := take()
	if err == nil {
		c.OtherNamespaces = await(found, elsewherePatience)
	}
	stop()
	for range found { // waits until the goroutine has ended
	}
	return c, err
}

func await(found <-chan int, patience time.Duration) *int {
	select {
	case n, ok := <-found:
		if ok {
			return &n
		}
	case <-time.After(patience):
	}
	return nil
}
