// SPDX-License-Identifier: Apache-2.0

// Package sysctl reads and writes kernel parameters as the calling thread sees them:
// parameters below net belong to a network namespace, and /proc/sys shows those of
// the thread that opens the file (net/sysctl_net.c net_ctl_header_lookup).
//
// The package does not know what a parameter means. [Write] is for internal/tune,
// which keeps a journal and a way back.
//
//	limit, err := sysctl.Uint("net.core.somaxconn")
//	if errors.Is(err, fs.ErrNotExist) {
//		// this kernel, or this namespace, has no such parameter
//	}
package sysctl

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/kernel/procfs"
	"github.com/tcpvitals/tcpvitals/internal/kernel/rawfile"
	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// root is the directory of the parameters in procfs.
const root = "/proc/sys/"

// Read returns a parameter by its name, such as net.core.somaxconn, without the final
// newline. The error matches [io/fs.ErrNotExist] if there is no such parameter.
func Read(name string) (string, error) { return ReadIn(procfs.Own(), name) }

// ReadIn is [Read] in another proc tree. If that is a procfs mounted elsewhere,
// parameters below net are still those of the calling thread's namespace.
func ReadIn(tree procfs.FS, name string) (string, error) {
	text, err := rawfile.ReadAll(tree.Path("sys", Path(name)))
	if err != nil {
		return "", fmt.Errorf("sysctl %s: %w", name, err)
	}
	return strings.TrimSpace(string(text)), nil
}

// Uint is [Read] for a parameter that is one non-negative number.
func Uint(name string) (uint64, error) { return UintIn(procfs.Own(), name) }

// UintIn is [Uint] in another proc tree.
func UintIn(tree procfs.FS, name string) (uint64, error) {
	text, err := ReadIn(tree, name)
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return 0, problem.Errorf("sysctl %s: %q is no number", "sysctl %s：%q 不是数字", name, text)
	}
	return n, nil
}

// File returns the file of a parameter in procfs.
func File(name string) string { return root + Path(name) }

// Name returns the parameter for a file of procfs; ok is false for a file that
// is not a parameter. It is the inverse of [File].
func Name(file string) (name string, ok bool) {
	rest, ok := strings.CutPrefix(file, root)
	return Path(rest), ok
}

// Path swaps dots and slashes, as sysctl(8) does: a device eth0.7 is written
// net.ipv4.conf.eth0/7.forwarding.
func Path(name string) string {
	return strings.Map(func(r rune) rune {
		switch r {
		case '.':
			return '/'
		case '/':
			return '.'
		default:
			return r
		}
	}, name)
}
