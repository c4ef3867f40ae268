// SPDX-License-Identifier: Apache-2.0

package tracepoint

import (
	"encoding/binary"
	"errors"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

const (
	point = "events/sock/inet_sock_set_state/format"
	// ringPages is the size of each processor's ring, in pages: 512 KiB hold 3,700
	// samples.
	ringPages = 128
)

// A Reader reads state changes of the whole host. Not safe for concurrent use.
type Reader struct {
	layout layout
	rings  []*ring
	lost   uint64
	buf    []byte
	batch  []Change
}

// Open begins to record. The error is a [*problem.PermissionError], or a
// [*problem.UnsupportedError] if there is no such tracepoint, or no tracefs.
func Open() (*Reader, error) {
	text, err := format()
	if err != nil {
		return nil, explain(err)
	}
	r := &Reader{}
	if r.layout, err = parseFormat(text); err != nil {
		return nil, unsupported(err)
	}
	cpus, err := online()
	if err != nil {
		return nil, err
	}
	for _, cpu := range cpus {
		one, err := openRing(r.layout.id, cpu)
		if err != nil {
			return nil, errors.Join(explain(err), r.Close())
		}
		r.rings = append(r.rings, one)
	}
	return r, nil
}

func unsupported(err error) error {
	return &problem.UnsupportedError{Feature: "tracepoints", Reason: err.Error(), Zh: "这里不支持跟踪点：" + problem.Wording(err, true)}
}

func explain(err error) error {
	switch {
	case errors.Is(err, os.ErrPermission):
		return &problem.PermissionError{
			Op: "read tracepoints", Need: []string{"CAP_PERFMON", "CAP_SYS_ADMIN"}, Err: err,
			Hint: "run as root", OpZh: "读取跟踪点", HintZh: "用 root 运行",
		}
	case errors.Is(err, os.ErrNotExist), errors.Is(err, unix.ENODEV), errors.Is(err, unix.ENOSYS), errors.Is(err, unix.EINVAL):
		return unsupported(err)
	default:
		return err
	}
}

// format reads the description of the tracepoint from tracefs. If tracefs is mounted
// nowhere, it opens an instance that is not mounted in any directory.
func format() (string, error) {
	for _, dir := range []string{"/sys/kernel/tracing/", "/sys/kernel/debug/tracing/"} {
		text, err := os.ReadFile(dir + point)
		if err == nil {
			return string(text), nil
		}
	}
	dir, err := unmounted()
	if err != nil {
		return "", err
	}
	defer unix.Close(dir)
	fd, err := unix.Openat(dir, point, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return "", &os.PathError{Op: "open", Path: "tracefs: " + point, Err: err}
	}
	f := os.NewFile(uintptr(fd), point)
	defer f.Close()
	text, err := io.ReadAll(f)
	return string(text), err
}

// unmounted opens tracefs without mounting it anywhere (fsmount(2), Linux 5.2).
func unmounted() (int, error) {
	fs, err := unix.Fsopen("tracefs", unix.FSOPEN_CLOEXEC)
	if err != nil {
		return -1, os.NewSyscallError("fsopen tracefs", err)
	}
	defer unix.Close(fs)
	if err := unix.FsconfigCreate(fs); err != nil {
		return -1, os.NewSyscallError("fsconfig tracefs", err)
	}
	dir, err := unix.Fsmount(fs, unix.FSMOUNT_CLOEXEC, unix.MOUNT_ATTR_RDONLY)
	return dir, os.NewSyscallError("fsmount tracefs", err)
}

// online returns the processors that are online, from a list such as 0-3,5.
func online() (cpus []int, err error) {
	text, err := os.ReadFile("/sys/devices/system/cpu/online")
	if err != nil {
		return nil, err
	}
	for part := range strings.SplitSeq(strings.TrimSpace(string(text)), ",") {
		first, last, several := strings.Cut(part, "-")
		if !several {
			last = first
		}
		from, err := strconv.Atoi(first)
		to, second := strconv.Atoi(last)
		if err := errors.Join(err, second); err != nil {
			return nil, problem.Errorf("tracepoint: processors %q: %w", "tracepoint：处理器 %q：%w", text, err)
		}
		for cpu := from; cpu <= to; cpu++ {
			cpus = append(cpus, cpu)
		}
	}
	return cpus, nil
}

// A ring is the buffer of one processor (perf_event_open(2)).
type ring struct {
	fd   int
	mem  []byte
	page *unix.PerfEventMmapPage
}

func openRing(id uint64, cpu int) (*ring, error) {
	attr := unix.PerfEventAttr{
		Type: unix.PERF_TYPE_TRACEPOINT, Config: id, Sample: 1,
		Sample_type: unix.PERF_SAMPLE_TID | unix.PERF_SAMPLE_TIME | unix.PERF_SAMPLE_RAW,
		Bits:        unix.PerfBitUseClockID | unix.PerfBitWatermark, Wakeup: 1 << 30, Clockid: unix.CLOCK_MONOTONIC,
	}
	attr.Size = uint32(unsafe.Sizeof(attr))
	fd, err := unix.PerfEventOpen(&attr, -1, cpu, -1, unix.PERF_FLAG_FD_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("perf_event_open", err)
	}
	mem, err := unix.Mmap(fd, 0, (1+ringPages)*os.Getpagesize(), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return nil, errors.Join(os.NewSyscallError("mmap", err), unix.Close(fd))
	}
	return &ring{fd, mem, (*unix.PerfEventMmapPage)(unsafe.Pointer(&mem[0]))}, nil
}

func (r *ring) close() error { return errors.Join(unix.Munmap(r.mem), unix.Close(r.fd)) }

// drain calls visit with each record in the ring: its kind and the bytes behind its
// head. A record that wraps around the end of the ring is assembled in buf.
func (r *ring) drain(buf *[]byte, visit func(kind uint32, body []byte)) {
	data := r.mem[os.Getpagesize():]
	head, tail := atomic.LoadUint64(&r.page.Data_head), r.page.Data_tail
	size := uint64(len(data))
	for tail < head {
		at := tail % size // records are multiples of 8 bytes: a head never wraps
		length := uint64(binary.NativeEndian.Uint16(data[at+6:]))
		if length < 8 {
			break
		}
		record := data[at:min(at+length, size)]
		if rest := length - uint64(len(record)); rest > 0 {
			*buf = append(append((*buf)[:0], record...), data[:rest]...)
			record = *buf
		}
		visit(binary.NativeEndian.Uint32(record), record[8:])
		tail += length
	}
	atomic.StoreUint64(&r.page.Data_tail, head)
}

// Close stops recording.
func (r *Reader) Close() error {
	var errs []error
	for _, one := range r.rings {
		errs = append(errs, one.close())
	}
	r.rings = nil
	return errors.Join(errs...)
}

// Read calls visit for each change since the last call, ordered by time, until visit
// returns false.
func (r *Reader) Read(visit func(*Change) bool) {
	r.batch = r.batch[:0]
	for _, one := range r.rings {
		one.drain(&r.buf, r.take)
	}
	slices.SortStableFunc(r.batch, func(a, b Change) int { return int(a.At - b.At) })
	for i := range r.batch {
		if !visit(&r.batch[i]) {
			return
		}
	}
}

// Lost returns how many changes found no room.
func (r *Reader) Lost() uint64 { return r.lost }

// take handles one record. A sample has ids, time and raw data, in the order given in
// perf_event_open(2).
func (r *Reader) take(kind uint32, body []byte) {
	switch kind {
	case unix.PERF_RECORD_LOST:
		if len(body) >= 16 {
			r.lost += binary.NativeEndian.Uint64(body[8:])
		}
	case unix.PERF_RECORD_SAMPLE:
		if len(body) < 20 {
			return
		}
		c := Change{PID: binary.NativeEndian.Uint32(body), At: time.Duration(binary.NativeEndian.Uint64(body[8:]))}
		raw := body[20:]
		if n := binary.NativeEndian.Uint32(body[16:]); uint64(n) < uint64(len(raw)) {
			raw = raw[:n]
		}
		if r.layout.read(raw, &c) {
			r.batch = append(r.batch, c)
		}
	}
}
