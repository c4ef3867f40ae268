// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package testnet

import (
	"errors"
	"os/exec"
	"testing"
)

// Options say what kind of namespace [New] makes; see the Linux version.
type Options struct{ PrivateHash int }

// An NS is a network namespace. Only Linux has these: [New] skips the test, so the
// methods are never called here.
type NS struct{}

// A Cmd is a command inside a namespace; see [NS].
type Cmd struct{ *exec.Cmd }

var errNotLinux = errors.New("network namespaces are Linux's")

func available(Right) error { return errNotLinux }

// Delivered is never called here; see [NS].
func Delivered(testing.TB) { panic(errNotLinux) }

// New skips the test, because this system has no network namespaces.
func New(t testing.TB, _ Options) *NS {
	t.Helper()
	t.Skip(errNotLinux)
	return nil
}

// Path is never called here; see [NS].
func (*NS) Path() string { panic(errNotLinux) }

// Inode is never called here; see [NS].
func (*NS) Inode() uint64 { panic(errNotLinux) }

// Do is never called here; see [NS].
func (*NS) Do(func()) { panic(errNotLinux) }

// Enter is never called here; see [NS].
func (*NS) Enter() { panic(errNotLinux) }

// SetSysctl is never called here; see [NS].
func (*NS) SetSysctl(_, _ string) { panic(errNotLinux) }

// Sysctl is never called here; see [NS].
func (*NS) Sysctl(string) string { panic(errNotLinux) }

// Command is never called here; see [NS].
func (*NS) Command(string, ...string) *Cmd { panic(errNotLinux) }
