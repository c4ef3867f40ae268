// SPDX-License-Identifier: Apache-2.0

package bpf

import (
	"fmt"
	"os"
	"runtime"
	"unsafe"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"
)

// The library's link package does the same, but fills tables of kernel symbols at
// each start of the program.

// notSupported is the kernel's ENOTSUPP, which user-space headers do not have.
const notSupported = unix.Errno(524)

// call is bpf(2) with a command that returns a descriptor, and its attributes
// (bpf(2), union bpf_attr). The descriptor is close-on-exec.
func call(command int, name string, attributes unsafe.Pointer, size uintptr) (*os.File, error) {
	for {
		fd, _, errno := unix.Syscall(unix.SYS_BPF, uintptr(command), uintptr(attributes), size)
		switch errno {
		case 0:
			return os.NewFile(fd, name), nil
		case unix.EINTR:
		case notSupported:
			return nil, fmt.Errorf("%s: %w", name, ebpf.ErrNotSupported)
		default:
			return nil, errno
		}
	}
}

// openTracepoint attaches a program to the tracepoint of that name; without a name,
// to the one that the program names itself.
func openTracepoint(p *ebpf.Program, name string) (*os.File, error) {
	attributes := struct {
		name uint64 // address of the name
		fd   uint32
		_    uint32
	}{fd: uint32(p.FD())} //nolint:gosec // descriptor of an open program
	var pin runtime.Pinner
	defer pin.Unpin()
	if name != "" {
		text, err := unix.BytePtrFromString(name)
		if err != nil {
			return nil, err
		}
		pin.Pin(text)
		attributes.name = uint64(uintptr(unsafe.Pointer(text)))
	}
	f, err := call(unix.BPF_RAW_TRACEPOINT_OPEN, "bpf_link", unsafe.Pointer(&attributes), unsafe.Sizeof(attributes))
	runtime.KeepAlive(p)
	return f, err
}

// linkIterator makes the link from which iterations of a program are opened.
func linkIterator(p *ebpf.Program) (*os.File, error) {
	attributes := struct {
		fd, target, attach, flags uint32
	}{fd: uint32(p.FD()), attach: uint32(ebpf.AttachTraceIter)} //nolint:gosec // descriptor of an open program
	f, err := call(unix.BPF_LINK_CREATE, "bpf_link", unsafe.Pointer(&attributes), unsafe.Sizeof(attributes))
	runtime.KeepAlive(p)
	return f, err
}

// openIterator begins an iteration: reading the file runs the program.
func openIterator(link *os.File) (*os.File, error) {
	attributes := struct{ link, flags uint32 }{link: uint32(link.Fd())} //nolint:gosec // descriptor of an open link
	f, err := call(unix.BPF_ITER_CREATE, "bpf_iter", unsafe.Pointer(&attributes), unsafe.Sizeof(attributes))
	runtime.KeepAlive(link)
	return f, err
}
