// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/kernel/netns"
	"github.com/tcpvitals/tcpvitals/internal/query"
)

// elsewherePatience is how long a finished census waits to learn how many
// namespaces it did not count. Looking costs about 5 µs a process: a host with
// thousands of them is not kept waiting for a remark.
const elsewherePatience = 25 * time.Millisecond

// elsewhere takes a census and, at the same time, if wanted, counts the network
// namespaces that it does not see. The remark is left out when it is not known
// in time.
func (h *Host) elsewhere(ctx context.Context, wanted bool, take func() (*query.Census, error)) (*query.Census, error) {
	if !wanted || h.proc.Elsewhere() {
		return take() // another machine's files: our namespaces are not theirs
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
	for range found { // the goroutine has ended when this ends
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
