// SPDX-License-Identifier: Apache-2.0

package testnet

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// An Object is an eBPF map, program or link in the kernel, with its number.
type Object struct {
	Kind string // as in fdinfo: map_id, prog_id or link_id
	ID   uint32
}

// Objects lists the eBPF objects that a process ("self" or a pid) has open, one entry
// for each descriptor.
func Objects(process string) (all []Object, err error) {
	files, err := os.ReadDir(filepath.Join("/proc", process, "fdinfo"))
	for _, file := range files {
		all = append(all, objectsOf(filepath.Join("/proc", process, "fdinfo", file.Name()))...)
	}
	return all, err
}

// objectsOf parses which eBPF object a descriptor refers to, if any. For a link,
// fdinfo also has the number of the program.
func objectsOf(fdinfo string) (all []Object) {
	info, err := os.Open(fdinfo)
	if err != nil {
		return nil
	}
	defer info.Close()
	for lines := bufio.NewScanner(info); lines.Scan(); {
		kind, number, _ := strings.Cut(lines.Text(), ":")
		if kind != "map_id" && kind != "prog_id" && kind != "link_id" {
			continue
		}
		o := Object{Kind: kind}
		if _, err := fmt.Sscan(number, &o.ID); err == nil {
			all = append(all, o)
		}
	}
	return all
}

// Gone waits until none of the objects exists any more: the kernel frees them some
// time after their last use.
func Gone(t testing.TB, all []Object) {
	t.Helper()
	for _, o := range all {
		for deadline := time.Now().Add(time.Minute); o.exists(t); time.Sleep(10 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Errorf("%s %d is in the kernel still", o.Kind, o.ID)
				break
			}
		}
	}
}

// exists asks the kernel whether an object with the number exists (bpf(2)
// BPF_PROG_GET_FD_BY_ID, BPF_MAP_GET_FD_BY_ID, BPF_LINK_GET_FD_BY_ID).
func (o Object) exists(t testing.TB) bool {
	t.Helper()
	commands := map[string]uintptr{"prog_id": 13, "map_id": 14, "link_id": 30}
	attr := [3]uint32{o.ID}
	fd, _, errno := unix.Syscall(unix.SYS_BPF, commands[o.Kind], uintptr(unsafe.Pointer(&attr)), unsafe.Sizeof(attr))
	switch {
	case errno == 0:
		_ = unix.Close(int(fd))
		return true
	case errors.Is(errno, syscall.ENOENT):
		return false
	default:
		t.Logf("%s %d cannot be asked for: %v", o.Kind, o.ID, errno)
		return false
	}
}
