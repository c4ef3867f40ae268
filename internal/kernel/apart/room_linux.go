// SPDX-License-Identifier: Apache-2.0

package apart

import (
	"runtime"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/kernel/loopback"
	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// A Room is a thread in a network namespace that nobody else is in, or, where
// none may be made (CAP_SYS_ADMIN), in that of the caller. It is for one
// goroutine at a time.
type Room struct {
	Netns uint64 // inode
	Own   bool   // the namespace is the room's own, and its loopback device is up

	work chan func()
	held int // a socket, which keeps the namespace without being in any table; -1 for none
}

// New opens a room. The error says that the namespace cannot be told.
func New() (*Room, error) {
	r := &Room{work: make(chan func()), held: -1}
	ready := make(chan error)
	go r.place(ready)
	if err := <-ready; err != nil {
		r.Close()
		return nil, err
	}
	return r, nil
}

// place finds a thread to serve on, which ends with it. Never the first one: that one
// cannot end, and where it is, /proc/self says that the process is, its network
// namespace and all that is below /proc/self/net.
func (r *Room) place(ready chan<- error) {
	runtime.LockOSThread()
	if unix.Gettid() != unix.Getpid() {
		r.serve(ready)
		return
	}
	placed := make(chan struct{})
	go func() {
		runtime.LockOSThread()
		close(placed)
		r.serve(ready)
	}()
	<-placed // until then this one is taken
	runtime.UnlockOSThread()
}

// serve runs what it is given on the thread.
func (r *Room) serve(ready chan<- error) {
	r.moveIn()
	var st unix.Stat_t
	err := unix.Stat("/proc/thread-self/ns/net", &st)
	r.Netns = st.Ino
	if err != nil {
		err = problem.Errorf("own network namespace: %w", "自己的网络命名空间：%w", err)
	}
	work := r.work // from here on the room is another goroutine's
	ready <- err
	for do := range work {
		do()
	}
}

// moveIn moves the thread into a namespace of its own, and back out of one whose
// loopback device it may not set up (CAP_NET_ADMIN): nothing could be done there.
func (r *Room) moveIn() {
	back, err := unix.Open("/proc/thread-self/ns/net", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return
	}
	defer unix.Close(back)
	if unix.Unshare(unix.CLONE_NEWNET) != nil {
		return
	}
	if r.Own = r.loopbackUp() == nil; r.Own {
		return
	}
	if r.held >= 0 {
		_ = unix.Close(r.held) // nothing was written
		r.held = -1
	}
	_ = unix.Setns(back, unix.CLONE_NEWNET) // who may leave may come back
}

// Do runs a function on the room's thread.
func (r *Room) Do(f func() error) error {
	done := make(chan error)
	r.work <- func() { done <- f() }
	return <-done
}

// Leave ends the thread. A namespace of its own stays, with nobody in it, until
// Close: no other one gets its inode meanwhile.
func (r *Room) Leave() {
	if r.work != nil {
		close(r.work)
	}
	r.work = nil
}

// Close ends the thread and gives up the namespace; doing so again does nothing.
func (r *Room) Close() {
	r.Leave()
	if r.held >= 0 {
		_ = unix.Close(r.held) // nothing was written
	}
	r.held = -1
}

// loopbackUp sets the loopback device of a new namespace up.
func (r *Room) loopbackUp() (err error) {
	r.held, err = unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	return loopback.Up()
}
