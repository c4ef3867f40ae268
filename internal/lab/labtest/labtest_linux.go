// SPDX-License-Identifier: Apache-2.0

package labtest

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/kernel/sockdiag"
	"github.com/tcpvitals/tcpvitals/internal/lab/mixture"
	"github.com/tcpvitals/tcpvitals/internal/lab/testbed"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// Counts is the wanted number of sockets in each state.
type Counts = mixture.Counts

// EveryState asks for a different number of sockets in each state that can be made.
func EveryState() Counts {
	counts, n := Counts{}, 3
	for s := range tcp.AllStates.All() {
		if s != tcp.Close {
			counts[s] = n
			n++
		}
	}
	return counts
}

// Held is a namespace with sockets in it. It exists until the test ends.
type Held struct {
	// Path can be opened and given to setns(2), or to nsenter --net=.
	Path string
	// Inode is the number of the namespace, as in /proc/PID/ns/net.
	Inode uint64
	// Sockets are all the TCP sockets of the namespace, with State, Kind,
	// Family, Local and Remote; see [mixture.Make].
	Sockets []socket.Socket

	t    testing.TB
	work chan func()
}

// Hold makes the sockets and keeps them until the test ends; the sockets in TIME_WAIT
// last for at least 60 s. Without the right to make a network namespace the test is
// skipped; it fails instead if the environment's CI_REQUIRE contains netns.
//
// Hold(t, nil, family) makes such a namespace without sockets.
func Hold(t testing.TB, counts Counts, family socket.Family) *Held {
	t.Helper()
	lab, err := testbed.Open(testbed.Options{})
	var denied *problem.PermissionError
	if errors.As(err, &denied) && !slices.Contains(strings.Split(os.Getenv("CI_REQUIRE"), ","), "netns") {
		t.Skip("no right to make a network namespace (run as root or under unshare -Ur): ", err)
	}
	if err != nil {
		t.Fatal("open the lab: ", err)
	}
	h := &Held{t: t, work: make(chan func())}
	ready, done := make(chan error), make(chan error)
	go func() {
		done <- lab.Run(family, func(b *testbed.Testbed) error {
			err := h.fill(b, counts)
			ready <- err
			if err != nil {
				return nil
			}
			for f := range h.work {
				f()
			}
			return nil
		})
	}()
	select {
	case err = <-ready:
	case err = <-done:
	}
	if err != nil {
		t.Fatal("make the sockets: ", err)
	}
	t.Cleanup(func() {
		close(h.work)
		if err := <-done; err != nil {
			t.Error("take the sockets away: ", err)
		}
		lab.Close()
	})
	return h
}

func (h *Held) fill(b *testbed.Testbed, counts Counts) (err error) {
	h.Path = fmt.Sprintf("/proc/%d/task/%d/ns/net", os.Getpid(), unix.Gettid())
	var st unix.Stat_t
	if err := unix.Stat(h.Path, &st); err != nil {
		return err
	}
	h.Inode = st.Ino
	h.Sockets, err = mixture.Make(b, counts)
	return err
}

// Do runs f on a thread inside the namespace and waits for it. Commands that f starts
// run inside too. f must not call t.FailNow.
func (h *Held) Do(f func()) {
	done := make(chan struct{})
	h.work <- func() {
		defer close(done)
		f()
	}
	<-done
}

// Visible are the sockets that this kernel shows: all of them, except that kernels
// before Linux 6.8 do not show sockets that are only bound. Visible asks the kernel
// whether it shows them.
func (h *Held) Visible() []socket.Socket {
	if h.ShowsBound() {
		return h.Sockets
	}
	return slices.DeleteFunc(slices.Clone(h.Sockets), func(s socket.Socket) bool { return s.State == tcp.Bound })
}

// ShowsBound reports whether this kernel shows sockets that are only bound.
func (h *Held) ShowsBound() (shown bool) {
	var err error
	h.Do(func() {
		shown, err = sockdiag.ShowsBound()
	})
	if err != nil {
		h.t.Fatal("ask for bound sockets: ", err)
	}
	return shown
}

// Counts counts the sockets by state.
func (h *Held) Counts() Counts {
	c := make(Counts)
	for _, s := range h.Sockets {
		c[s.State]++
	}
	return c
}
