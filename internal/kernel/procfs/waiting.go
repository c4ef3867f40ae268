// SPDX-License-Identifier: Apache-2.0

package procfs

import (
	"bufio"
	"bytes"
	"io"
	"strconv"
	"strings"
)

// Waiting is what the threads of a process wait for just now.
type Waiting struct {
	// Parent is the process that started it, or took it over.
	Parent int32
	// Polls says that a thread waits in poll(2) or select(2), which does not tell
	// for what.
	Polls bool
	// Activated says that it was started with listeners to serve, by a manager that
	// had made them (sd_listen_fds(3)); ActivatedBefore that whoever started it was.
	Activated, ActivatedBefore bool

	called map[uint32]bool // sockets that a thread waits for in a call on them
	polled map[uint32]bool // sockets that an epoll set wants input of; true where it tells as long as there is some
	sleeps bool            // a thread waits in epoll_wait(2)
}

// Accepts reports whether connections are taken off a listener by the process:
// a thread waits in accept(2), or an epoll set has it and wants input. A process
// that keeps a listener for others has it in none (systemd takes it out while
// the service runs).
func (w *Waiting) Accepts(inode uint32) bool { return w.called[inode] || w.polled[inode] }

// MayAccept reports whether the process may do so: it polls for something, or has
// the listener in an epoll set that tells of news only (EPOLLET), where some
// runtimes put every socket that they open.
func (w *Waiting) MayAccept(inode uint32) bool {
	_, edge := w.polled[inode]
	return w.Polls || edge
}

// Reads reports whether a thread waits for input of a socket right now. The
// kernel lets none wait for a socket that has as much as was asked for
// (SO_RCVLOWAT, net/ipv4/tcp.c tcp_stream_is_readable).
func (w *Waiting) Reads(inode uint32) bool {
	_, polled := w.polled[inode]
	return w.called[inode] || w.sleeps && polled
}

// EPOLLIN and EPOLLET of include/uapi/linux/eventpoll.h. A set that was disarmed
// by EPOLLONESHOT wants nothing.
const (
	epollIn   = 1
	epollEdge = 1 << 31
)

// eachPolled reads the sockets of an epoll set that input is wanted of, a line
// "tfd: N events: HEX data: HEX pos:N ino:HEX sdev:HEX" each (fs/eventpoll.c
// ep_show_fdinfo).
func eachPolled(fdinfo io.Reader, do func(inode uint32, level bool)) {
	lines := bufio.NewScanner(fdinfo)
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) < 4 || fields[0] != "tfd:" {
			continue
		}
		events, err := strconv.ParseUint(fields[3], 16, 32)
		if err != nil || events&epollIn == 0 {
			continue
		}
		for _, f := range fields[4:] {
			if number, ok := strings.CutPrefix(f, "ino:"); ok {
				if inode, err := strconv.ParseUint(number, 16, 32); err == nil {
					do(uint32(inode), events&epollEdge == 0)
				}
			}
		}
	}
}

// parseCall reads /proc/PID/task/TID/syscall: the number of the call and its
// first argument; ok is false for a thread that runs (fs/proc/base.c
// proc_pid_syscall).
func parseCall(text string) (call int, arg uint64, ok bool) {
	fields := strings.Fields(text)
	if len(fields) < 2 {
		return 0, 0, false
	}
	call, err := strconv.Atoi(fields[0])
	if err != nil || call < 0 {
		return 0, 0, false
	}
	arg, err = strconv.ParseUint(strings.TrimPrefix(fields[1], "0x"), 16, 64)
	return call, arg, err == nil
}

// parseActivated reads from the environment that a process was started with whose
// listeners it says these are: LISTEN_PID is set for the service itself, and
// what that starts inherits it.
func parseActivated(environ []byte) (pid int32, ok bool) {
	files := false
	for entry := range bytes.SplitSeq(environ, []byte{0}) {
		name, value, _ := bytes.Cut(entry, []byte{'='})
		n, err := strconv.ParseInt(string(value), 10, 32)
		switch {
		case err != nil || n <= 0:
		case string(name) == "LISTEN_PID":
			pid = int32(n)
		case string(name) == "LISTEN_FDS":
			files = true
		}
	}
	return pid, files && pid != 0
}
