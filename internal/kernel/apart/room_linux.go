// SPDX-License-Identifier: Apache-2.0

package apart

import (
	"runtime"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/kernel/loopback"
	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// A Room is a thread in a network namespace of its own. If none can be made
// (CAP_SYS_ADMIN), the thread is in the caller's namespace. One goroutine at a time
// may use it.
type Room struct {
	Netns uint64 // inode of the namespace
	Own   bool   // whether the namespace is the room's own; its loopback device is up then

	work chan func()
	held int // a socket that keeps the namespace alive without being in any table; -1 for none
}

// New opens a room. The error means that the inode of the namespace is unknown.
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

// place finds a thread for the room, which ends with the room. It must not be the
// main thread: that one cannot end, and /proc/self shows its network namespace as
// that of the process, also below /proc/self/net.
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
	<-placed // this goroutine occupies the main thread until then
	runtime.UnlockOSThread()
}

// serve runs functions on the room's thread.
func (r *Room) serve(ready chan<- error) {
	r.moveIn()
	var st unix.Stat_t
	err := unix.Stat("/proc/thread-self/ns/net", &st)
	r.Netns = st.Ino
	if err != nil {
		err = problem.Errorf("own network namespace: %w", "自己的网络命名空间：%w", err)
	}
	work := r.work // from here on another goroutine may use the room
	ready <- err
	for do := range work {
		do()
	}
}

// moveIn moves the thread into a new namespace. If it may not set up the loopback
// device there (CAP_NET_ADMIN), it moves back: without the device the namespace is of
// no use.
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
		_ = unix.Close(r.held) // the socket carries no data
		r.held = -1
	}
	_ = unix.Setns(back, unix.CLONE_NEWNET) // permission to leave implies permission to return
}

// Do runs a function on the room's thread.
func (r *Room) Do(f func() error) error {
	done := make(chan error)
	r.work <- func() { done <- f() }
	return <-done
}

// Leave ends the thread. The room's own namespace stays, empty, until Close; no other
// namespace gets its inode meanwhile.
func (r *Room) Leave() {
	if r.work != nil {
		close(r.work)
	}
	r.work = nil
}

// Close ends the thread and releases the namespace; a second call does nothing.
func (r *Room) Close() {
	r.Leave()
	if r.held >= 0 {
		_ = unix.Close(r.held) // the socket carries no data
	}
	r.held = -1
}

// loopbackUp sets up the loopback device of the new namespace.
func (r *Room) loopbackUp() (err error) {
	r.held, err = unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	return loopback.Up()
}
