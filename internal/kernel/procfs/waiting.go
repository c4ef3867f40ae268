// SPDX-License-Identifier: Apache-2.0

package procfs

import (
	"bufio"
	"bytes"
	"io"
	"strconv"
	"strings"
)

// Waiting tells what the threads of a process wait for at the moment.
type Waiting struct {
	// Parent is the parent of the process.
	Parent int32
	// Stopped says that a signal or a debugger has stopped the process: it does nothing
	// until it is continued.
	Stopped bool
	// Polls says that a thread waits in poll(2) or select(2); for which descriptors
	// is not known.
	Polls bool
	// Activated says that a manager made listeners and started the process to serve
	// them (sd_listen_fds(3)). ActivatedBefore says the same of the process that
	// started this one.
	Activated, ActivatedBefore bool

	called map[uint32]bool // sockets that are the argument of a blocked call of a thread
	polled map[uint32]bool // sockets for which an epoll set wants input; true for level-triggered ones
	sleeps bool            // a thread waits in epoll_wait(2)
}

// Accepts reports whether the process accepts connections of a listener: a thread
// waits in accept(2), or an epoll set wants input from the listener. A process that
// only keeps a listener for another has it in no epoll set (systemd removes it while
// the service runs).
func (w *Waiting) Accepts(inode uint32) bool { return w.called[inode] || w.polled[inode] }

// MayAccept reports whether the process may accept connections of a listener: it
// polls for something, or has the listener in an edge-triggered epoll set (EPOLLET),
// where some runtimes put every socket that they open.
func (w *Waiting) MayAccept(inode uint32) bool {
	_, edge := w.polled[inode]
	return w.Polls || edge
}

// Reads reports whether a thread waits for input of a socket at the moment. The
// kernel does not let a thread wait if the socket has as many bytes as the thread
// wants (SO_RCVLOWAT, net/ipv4/tcp.c tcp_stream_is_readable). A stopped process does
// not read, in whatever call it was stopped.
func (w *Waiting) Reads(inode uint32) bool {
	_, polled := w.polled[inode]
	return !w.Stopped && (w.called[inode] || w.sleeps && polled)
}

// EPOLLIN and EPOLLET of include/uapi/linux/eventpoll.h. An entry that EPOLLONESHOT
// has disarmed has neither.
const (
	epollIn   = 1
	epollEdge = 1 << 31
)

// eachPolled reads the sockets for which an epoll set wants input: lines "tfd: N
// events: HEX data: HEX pos:N ino:HEX sdev:HEX" (fs/eventpoll.c ep_show_fdinfo).
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

// parseCall reads /proc/PID/task/TID/syscall: the number of the call and its first
// argument; ok is false for a running thread (fs/proc/base.c proc_pid_syscall).
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

// parseActivated reads LISTEN_PID from the environment with which a process was
// started: the pid of the service for which the listeners are. Processes that the
// service starts inherit the variable.
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
