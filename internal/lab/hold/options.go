// SPDX-License-Identifier: Apache-2.0

package hold

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/lab/wire"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// Options say which sockets to hold.
type Options struct {
	// State is the state; 0 means one socket (or N) of every state that can be held.
	State tcp.State
	N     int // number of sockets; 0 means 1
	// FDs makes worker processes accept the sockets in ESTABLISHED and CLOSE_WAIT, so
	// that each has an owner and an inode. Otherwise they wait in the accept queue of
	// a listener, which needs less memory and no file descriptor.
	FDs bool
	// OwnHash gives the namespace a private connection hash.
	OwnHash bool
	Wire    wire.Kind
	// For is how long to hold the sockets; 0 means until the context ends.
	For time.Duration
	// Worker is the command line of a process that calls [Worker]; FDs requires it.
	Worker []string
}

// Held describes the sockets that are being held.
type Held struct {
	// Netns is the path of the network namespace, for setns(2) and nsenter.
	Netns string
	// Counts is what sock_diag counts in the namespace, including the listeners that
	// the sockets need.
	Counts map[tcp.State]int
	// Gaps say which of the sockets are missing in Counts because this kernel does not
	// show them.
	Gaps []problem.Gap
	Wire wire.Kind
	Took time.Duration // time for making the sockets, without counting them
}

// bulkLimit is how many sockets all wires together have addresses for.
const bulkLimit = 4_000_000

// smallLimit is the limit for states whose sockets need a file descriptor each and a
// conversation segment by segment.
const smallLimit = 5000

// bulk returns whether a state can be made by the million, and the kernel memory of
// one socket in it, in bytes: slab objects with their share of the page, measured on
// Linux 6.18.
func bulk(s tcp.State) (bytes int, ok bool) {
	switch s {
	case tcp.TimeWait:
		return 280, true
	case tcp.SynRecv:
		return 600, true
	case tcp.Established, tcp.CloseWait:
		return 2900, true
	default:
		return 0, false
	}
}

// withFD is the memory in bytes that an open file adds to a socket: inode, dentry,
// file.
const withFD = 1500

// States returns every state that can be held, in the kernel's order.
func States() []tcp.State {
	var all []tcp.State
	for s := range tcp.AllStates.All() {
		if s != tcp.Close && s != tcp.NewSynRecv {
			all = append(all, s)
		}
	}
	return all
}

// Limit is the greatest N for a state; state 0 stands for one of every state.
func Limit(s tcp.State) int {
	if _, ok := bulk(s); ok {
		return bulkLimit
	}
	return smallLimit
}

func (o *Options) check() error {
	o.N = max(o.N, 1)
	_, isBulk := bulk(o.State)
	switch {
	case o.State != 0 && !slices.Contains(States(), o.State):
		return &problem.UsageError{Msg: fmt.Sprintf("sockets cannot be held in %v", o.State), Hint: "states are " + strings.Join(names(), ", "), Zh: fmt.Sprintf("不能保持 %v 状态的套接字", o.State), HintZh: "可用的状态：" + strings.Join(names(), "、")}
	case o.N > Limit(o.State) && isBulk:
		return &problem.UsageError{Msg: fmt.Sprintf("%d sockets are more than the %d that can be held", o.N, bulkLimit), Zh: fmt.Sprintf("%d 个套接字超过了可保持的 %d 个", o.N, bulkLimit)}
	case o.N > Limit(o.State):
		return &problem.UsageError{
			Msg:  fmt.Sprintf("%d sockets are more than the %d that can be held in this state", o.N, smallLimit),
			Hint: "millions: TIME_WAIT, SYN_RECV, ESTABLISHED, CLOSE_WAIT",
			Zh:   fmt.Sprintf("%d 个套接字超过了该状态可保持的 %d 个", o.N, smallLimit), HintZh: "可达数百万的状态：TIME_WAIT、SYN_RECV、ESTABLISHED、CLOSE_WAIT",
		}
	case o.FDs && o.State != tcp.Established && o.State != tcp.CloseWait:
		return &problem.UsageError{Msg: "only ESTABLISHED and CLOSE_WAIT are held with file descriptors of worker processes", Zh: "只有 ESTABLISHED 和 CLOSE_WAIT 能由工作进程用描述符保持"}
	default:
		return nil
	}
}

// memory is how much kernel memory the sockets will take, in bytes.
func (o *Options) memory() int {
	bytes, _ := bulk(o.State)
	if o.FDs {
		bytes += withFD
	}
	return bytes * o.N
}

func names() (all []string) {
	for _, s := range States() {
		all = append(all, s.String())
	}
	return all
}

// Total is the number of sockets in all states.
func (h Held) Total() int {
	total := 0
	for _, n := range h.Counts {
		total += n
	}
	return total
}
