// SPDX-License-Identifier: Apache-2.0

package sockdiag

import (
	"context"
	"encoding/binary"
	"errors"
	"net/netip"
	"slices"
	"syscall"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// A fake answers requests in place of the kernel, each with the datagrams that reply
// makes.
type fake struct {
	t        *testing.T
	reply    func(kind uint16, seq uint32, request []byte) [][]byte
	requests int
	waiting  [][]byte
	closed   bool
}

func (f *fake) Send(request []byte) error {
	for len(request) >= sizeofHeader {
		length := int(binary.NativeEndian.Uint32(request))
		if length < sizeofHeader || length > len(request) {
			f.t.Fatalf("a request of %d bytes in %d", length, len(request))
		}
		one := request[:length]
		f.requests++
		f.waiting = append(f.waiting, f.reply(binary.NativeEndian.Uint16(one[4:]), binary.NativeEndian.Uint32(one[8:]), one)...)
		request = request[min(align(length), len(request)):]
	}
	return nil
}

func (f *fake) Receive(buf []byte) (int, error) {
	if len(f.waiting) == 0 {
		return 0, &IncompleteError{Why: errors.New("nothing waits")}
	}
	n := copy(buf, f.waiting[0])
	f.waiting = f.waiting[1:]
	return n, nil
}

func (f *fake) Close() error {
	f.closed = true
	return nil
}

// TestConnOverAnyWire makes every request of a Conn over a wire that speaks the
// kernel's format, without a kernel.
func TestConnOverAnyWire(t *testing.T) {
	const gone = 3 // a target that does not exist
	destroyed := 0
	f := &fake{t: t}
	f.reply = func(kind uint16, seq uint32, request []byte) [][]byte {
		switch {
		case kind == typeDestroy && destroyed == gone:
			destroyed++
			return [][]byte{ack(seq, syscall.ENOENT)}
		case kind == typeDestroy:
			destroyed++
			return [][]byte{ack(seq, 0)}
		case binary.NativeEndian.Uint16(request[6:]) == flagsDump:
			return [][]byte{
				nlmsg(typeByFamily, 0, seq-1, sock(tcp.Listen)), // belongs to an older dump
				join(nlmsg(typeByFamily, 0, seq, sock(tcp.Established)), nlmsg(typeByFamily, 0, seq, sock(tcp.TimeWait))),
				nlmsg(typeDone, 0, seq, int32Bytes(0)),
			}
		default:
			return [][]byte{nlmsg(typeByFamily, 0, seq, sock(tcp.Established))}
		}
	}
	c := NewConn(f)
	rows, err := c.Rows(t.Context(), tcp.AllStates)
	if err != nil || !slices.Equal(states(rows), []tcp.State{tcp.Established, tcp.TimeWait}) {
		t.Fatalf("rows: %v, %v", states(rows), err)
	}
	var ahead []tcp.State
	err = c.DumpAhead(t.Context(), Request{States: tcp.AllStates}, func(m Message) bool { ahead = append(ahead, m.State()); return true })
	if err != nil || !slices.Equal(ahead, states(rows)) {
		t.Errorf("ahead: %v, %v", ahead, err)
	}
	one := rows[0]
	row, found, err := c.Lookup(one.Local, one.Remote)
	if err != nil || !found || row.State != tcp.Established {
		t.Errorf("look-up: %+v, %v, %v", row, found, err)
	}
	targets := make([]Target, destroyBatch+5)
	for i := range targets {
		targets[i] = TargetOf(&one)
	}
	told := 0
	err = c.Destroy(t.Context(), targets, func(i int, err error) {
		told++
		if errors.Is(err, ErrNoSuchSocket) != (i == gone) || i != gone && err != nil {
			t.Errorf("target %d: %v", i, err)
		}
	})
	if err != nil || told != len(targets) || destroyed != len(targets) {
		t.Errorf("told of %d, destroyed %d of %d: %v", told, destroyed, len(targets), err)
	}
	if err := c.Close(); err != nil || !f.closed {
		t.Errorf("closed %v: %v", f.closed, err)
	}
}

func states(rows []socket.Socket) (all []tcp.State) {
	for i := range rows {
		all = append(all, rows[i].State)
	}
	return all
}

// TestConnWithoutTCP distinguishes the two meanings of ENOENT: there is no such
// socket, and there is no tcp_diag module.
func TestConnWithoutTCP(t *testing.T) {
	nobody := netip.MustParseAddrPort("192.0.2.1:1")
	for _, loaded := range []bool{true, false} {
		f := &fake{t: t, reply: func(_ uint16, seq uint32, request []byte) [][]byte {
			if binary.NativeEndian.Uint16(request[6:]) == flagsDump && loaded {
				return [][]byte{nlmsg(typeDone, 0, seq, int32Bytes(0))}
			}
			return [][]byte{ack(seq, syscall.ENOENT)}
		}}
		_, found, err := NewConn(f).Lookup(nobody, nobody)
		if found || loaded && err != nil || !loaded && !errors.Is(err, problem.ErrNotSupported) {
			t.Errorf("tcp_diag loaded %v: found %v, %v", loaded, found, err)
		}
	}
}

// TestConnGivesUp: a missing answer is an error, and a cancelled request does not wait
// for its answer.
func TestConnGivesUp(t *testing.T) {
	silent := &fake{t: t, reply: func(uint16, uint32, []byte) [][]byte { return nil }}
	if _, err := NewConn(silent).Rows(t.Context(), tcp.AllStates); !errors.Is(err, ErrIncomplete) {
		t.Errorf("silence: %v", err)
	}
	if silent.requests < 2 {
		t.Error("Rows did not ask again")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := NewConn(silent).Dump(ctx, Request{}, func(Message) bool { return true }); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}
