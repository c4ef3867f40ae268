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

// OnThread runs f on a thread that ends afterwards: its goroutine never unlocks it,
// so no other goroutine ever runs in f's namespace.
//
// The thread is never the main thread: that one cannot end, and /proc/self/ns/net is
// the main thread's, so the whole process would seem to have moved.
func OnThread(f func() error) error {
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		if unix.Gettid() == unix.Getpid() {
			err := OnThread(f) // this goroutine occupies the main thread meanwhile
			runtime.UnlockOSThread()
			done <- err
			return
		}
		done <- f()
	}()
	return <-done
}

// Net gives the calling thread, which must be locked, a network namespace of
// its own. The error is a [*problem.PermissionError] without the right to.
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

// Parent is Net for a namespace whose children get a connection hash of their
// own of so many buckets (Linux 6.1; before, the hash of the machine is shared).
// Such a hash also brings tcp_max_tw_buckets down to half its buckets
// (tcp_set_hashinfo in net/ipv4/tcp_ipv4.c).
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

// NetWithHash is Net with such a hash, as the child of a Parent that is gone at
// once.
func NetWithHash(buckets int) error {
	if err := Parent(buckets); err != nil {
		return err
	}
	return Net()
}

// Path returns where other processes find the network namespace of the calling
// thread, as long as that thread lives.
func Path() string {
	return fmt.Sprintf("/proc/%d/task/%d/ns/net", os.Getpid(), unix.Gettid())
}

// Check tells whether this process may make network namespaces: nil, or the
// error of [Net].
func Check() error { return OnThread(Net) }
