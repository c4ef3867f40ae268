// SPDX-License-Identifier: Apache-2.0

package isolate

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// OnThread runs f on a thread that ends afterwards: its goroutine never unlocks it, so
// no other goroutine ever runs in f's namespace.
//
// The thread is never the main thread. The main thread cannot end, and
// /proc/self/ns/net shows its namespace, so the whole process would seem to have
// moved.
func OnThread(f func() error) error {
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		if unix.Gettid() == unix.Getpid() {
			err := OnThread(f) // this goroutine keeps the main thread busy meanwhile
			runtime.UnlockOSThread()
			done <- err
			return
		}
		done <- f()
	}()
	return <-done
}

// Net moves the calling thread, which must be locked, into a new network namespace.
// Without the right to make one the error is a [*problem.PermissionError].
func Net() error {
	err := unix.Unshare(unix.CLONE_NEWNET)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, unix.EPERM):
		return &problem.PermissionError{
			Op: "make a network namespace", Need: []string{"CAP_SYS_ADMIN"}, Err: err,
			Hint: "run it as root, or where unprivileged user namespaces are allowed",
			OpZh: "创建网络命名空间", HintZh: "用 root 运行，或在允许非特权用户命名空间的系统上运行",
		}
	case errors.Is(err, unix.ENOSPC):
		return &problem.UnsupportedError{
			Feature: "another network namespace",
			Reason:  "the limit user.max_net_namespaces is reached",
			Hint:    "raise it: sysctl -w user.max_net_namespaces=1024",
			Zh:      "不能再创建网络命名空间：已达到上限 user.max_net_namespaces", HintZh: "调大它：sysctl -w user.max_net_namespaces=1024",
		}
	default:
		return problem.Errorf("make a network namespace: %w", "创建网络命名空间：%w", err)
	}
}

// Parent is Net for a namespace whose children get a private connection hash with that
// many buckets (Linux 6.1; older kernels share the machine's hash). Such a hash also
// lowers tcp_max_tw_buckets to half its buckets (tcp_set_hashinfo in
// net/ipv4/tcp_ipv4.c).
func Parent(buckets int) error {
	if err := Net(); err != nil {
		return err
	}
	err := os.WriteFile("/proc/sys/net/ipv4/tcp_child_ehash_entries", []byte(strconv.Itoa(buckets)), 0)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return problem.Errorf("ask for a connection hash of our own: %w", "申请自己的连接哈希表：%w", err)
	}
	return nil
}

// NetWithHash is Net with such a private hash. It makes a Parent, which is gone as
// soon as its child exists.
func NetWithHash(buckets int) error {
	if err := Parent(buckets); err != nil {
		return err
	}
	return Net()
}

// Path returns a path of the calling thread's network namespace for other processes.
// It is valid as long as the thread lives.
func Path() string {
	return fmt.Sprintf("/proc/%d/task/%d/ns/net", os.Getpid(), unix.Gettid())
}

// Check tells whether this process may make network namespaces: nil, or the
// error of [Net].
func Check() error { return OnThread(Net) }
