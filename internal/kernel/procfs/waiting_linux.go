// SPDX-License-Identifier: Apache-2.0

package procfs

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"golang.org/x/sys/unix"
)

// Limits on what is read of one process. A server opens its epoll sets before its
// connections, so they are among the first descriptors.
const (
	firstFiles   = 1024
	pollBytes    = 4 << 20 // 40,000 sockets in a set
	manyThreads  = 2048
	epollLink    = "anon_inode:[eventpoll]"
	epollSetsTop = 64
	environBytes = 256 << 10
)

// Waiting tells what the threads of a process wait for. ok is false if that may not
// be read, or if the process has exited.
func (p *Processes) Waiting(proc *Process) (w *Waiting, ok bool) {
	dir := p.tree.Path(strconv.Itoa(int(proc.PID)))
	stat, err := os.ReadFile(filepath.Join(dir, "stat"))
	if err != nil {
		return nil, false
	}
	_, start, _, valid := parseStat(stat)
	if !valid || start != proc.Start {
		return nil, false
	}
	w = &Waiting{Parent: parseParent(stat), Stopped: isStopped(stat), called: map[uint32]bool{}, polled: map[uint32]bool{}}
	if !w.threads(dir) {
		return nil, false
	}
	w.sets(dir)
	w.environment(dir, proc.PID)
	return w, true
}

// environment reads whether the process was started to serve listeners. An unreadable
// environment changes nothing.
func (w *Waiting) environment(dir string, pid int32) {
	file, err := os.Open(filepath.Join(dir, "environ"))
	if err != nil {
		return
	}
	defer file.Close()
	environ, err := io.ReadAll(io.LimitReader(file, environBytes))
	if err != nil {
		return
	}
	if of, ok := parseActivated(environ); ok {
		w.Activated, w.ActivatedBefore = of == pid, of != pid
	}
}

// threads reads which system call each thread is in.
func (w *Waiting) threads(dir string) (seen bool) {
	tasks, err := os.ReadDir(filepath.Join(dir, "task"))
	if err != nil {
		return false
	}
	input, epoll, poll := inputCalls(), epollCalls(), pollCalls()
	for _, task := range tasks[:min(len(tasks), manyThreads)] {
		text, err := os.ReadFile(filepath.Join(dir, "task", task.Name(), "syscall"))
		if err != nil {
			continue
		}
		seen = true
		call, fd, ok := parseCall(string(text))
		switch {
		case !ok:
		case slices.Contains(input, call):
			if link, err := os.Readlink(filepath.Join(dir, "fd", strconv.FormatUint(fd, 10))); err == nil {
				if inode, socket := parseSocketLink([]byte(link)); socket {
					w.called[inode] = true
				}
			}
		case slices.Contains(epoll, call):
			w.sleeps = true
		case slices.Contains(poll, call):
			w.Polls = true
		}
	}
	return seen
}

// sets reads the epoll sets of the process.
func (w *Waiting) sets(dir string) {
	files, err := os.Open(filepath.Join(dir, "fd"))
	if err != nil {
		return
	}
	defer files.Close()
	names, err := files.Readdirnames(firstFiles)
	if err != nil {
		return
	}
	found := 0
	open, link := int(files.Fd()), make([]byte, len(epollLink)+1)
	for _, name := range names { // relative to the open directory: resolving each path would be most of the cost
		if found == epollSetsTop {
			break
		}
		n, err := unix.Readlinkat(open, name, link)
		if err != nil || string(link[:n]) != epollLink {
			continue
		}
		found++
		w.set(filepath.Join(dir, "fdinfo", name))
	}
}

func (w *Waiting) set(path string) {
	file, err := os.Open(path)
	if err != nil {
		return // closed meanwhile
	}
	defer file.Close()
	eachPolled(io.LimitReader(file, pollBytes), func(inode uint32, level bool) { w.polled[inode] = w.polled[inode] || level })
}

func inputCalls() []int {
	return append(acceptCalls(), unix.SYS_ACCEPT4, unix.SYS_READ, unix.SYS_READV, unix.SYS_RECVFROM, unix.SYS_RECVMSG, unix.SYS_RECVMMSG)
}
