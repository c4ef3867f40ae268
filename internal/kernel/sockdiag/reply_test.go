// SPDX-License-Identifier: Apache-2.0

package sockdiag

import (
	"encoding/binary"
	"errors"
	"strings"
	"syscall"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

const testSeq = 7

// nlmsg makes one netlink message, padded to netlink's alignment.
func nlmsg(kind, flags uint16, seq uint32, payload []byte) []byte {
	b := make([]byte, align(sizeofHeader+len(payload)))
	binary.NativeEndian.PutUint32(b, uint32(sizeofHeader+len(payload)))
	binary.NativeEndian.PutUint16(b[4:], kind)
	binary.NativeEndian.PutUint16(b[6:], flags)
	binary.NativeEndian.PutUint32(b[8:], seq)
	copy(b[sizeofHeader:], payload)
	return b
}

// sock makes the payload of a socket message in the given state.
func sock(state tcp.State, attrs ...byte) []byte {
	b := make([]byte, sizeofMsg, sizeofMsg+len(attrs))
	b[offFamily] = afInet
	b[offState] = byte(state)
	return append(b, attrs...)
}

func int32Bytes(v int32) []byte { return binary.NativeEndian.AppendUint32(nil, uint32(v)) }

func join(parts ...[]byte) []byte {
	var all []byte
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}

func TestReply(t *testing.T) {
	socketMsg := nlmsg(typeByFamily, 2, testSeq, sock(tcp.TimeWait))
	done := nlmsg(typeDone, 2, testSeq, int32Bytes(0))
	header := func(length uint32) []byte {
		b := nlmsg(typeByFamily, 2, testSeq, sock(tcp.TimeWait))
		binary.NativeEndian.PutUint32(b, length)
		return b
	}
	extack := join(int32Bytes(-int32(syscall.EINVAL)), make([]byte, sizeofHeader),
		[]byte{10, 0, extAckMessage, 0, 'b', 'a', 'd', ' ', 'x', 0, 0, 0})

	tests := []struct {
		name       string
		datagram   []byte
		visited    int
		done       bool
		incomplete string        // part of the reason
		errno      syscall.Errno // of a KernelError
		text       string        // of a KernelError
	}{
		{name: "sockets, more to come", datagram: join(socketMsg, socketMsg), visited: 2},
		{name: "sockets and the end", datagram: join(socketMsg, done), visited: 1, done: true},
		{name: "the answer to an older request is skipped", datagram: join(nlmsg(typeByFamily, 2, testSeq-1, sock(tcp.Listen)), socketMsg), visited: 1},
		{name: "noop is skipped", datagram: join(nlmsg(typeNoop, 0, testSeq, nil), done), done: true},
		{name: "interrupted", datagram: join(nlmsg(typeByFamily, 2|flagDumpIntr, testSeq, sock(tcp.Listen)), done), visited: 1, done: true, incomplete: "NLM_F_DUMP_INTR"},
		{name: "nobody is there to answer", datagram: nlmsg(typeDone, 2, testSeq, int32Bytes(-int32(syscall.ENOENT))), done: true, errno: syscall.ENOENT},
		{
			name: "nobody is there any more", datagram: join(nlmsg(typeByFamily, 2, testSeq, sock(tcp.SynRecv)), nlmsg(typeDone, 2, testSeq, int32Bytes(-int32(syscall.ENOENT)))),
			visited: 1, done: true, incomplete: "no such file",
		},
		{name: "the end carries an error", datagram: nlmsg(typeDone, 2, testSeq, int32Bytes(-int32(syscall.ENOMEM))), done: true, incomplete: "cannot allocate memory"},
		{name: "overrun", datagram: nlmsg(typeOverrun, 0, testSeq, nil), done: true, incomplete: "NLMSG_OVERRUN"},
		{name: "socket message too short", datagram: nlmsg(typeByFamily, 2, testSeq, make([]byte, sizeofMsg-1)), done: true, incomplete: "71 bytes"},
		{name: "length below the header", datagram: header(8), done: true, incomplete: "message of 8 bytes"},
		{name: "length beyond the datagram", datagram: header(1 << 20), done: true, incomplete: "message of 1048576 bytes"},
		{name: "cut inside a header", datagram: join(socketMsg, socketMsg[:10]), visited: 1, done: true, incomplete: "10 stray bytes"},
		{name: "unknown type", datagram: nlmsg(99, 0, testSeq, nil), done: true, incomplete: "type 99"},
		{name: "refused", datagram: nlmsg(typeError, 0, testSeq, join(int32Bytes(-int32(syscall.ENOENT)), make([]byte, sizeofHeader))), done: true, errno: syscall.ENOENT},
		{name: "refused with the kernel's words", datagram: nlmsg(typeError, flagCapped|flagAckTLVs, testSeq, extack), done: true, errno: syscall.EINVAL, text: "bad x"},
		{name: "refused, code missing", datagram: nlmsg(typeError, 0, testSeq, []byte{1}), done: true, incomplete: "without a code"},
		{name: "acknowledged", datagram: nlmsg(typeError, 0, testSeq, int32Bytes(0)), done: true, incomplete: "not answered"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			visited := 0
			r := reply{seq: testSeq}
			done, err := r.feed(tt.datagram, func(Message) bool { visited++; return true })
			if visited != tt.visited || done != tt.done {
				t.Errorf("visited %d, done %v; want %d, %v", visited, done, tt.visited, tt.done)
			}
			checkReplyError(t, err, tt.incomplete, tt.errno, tt.text)
		})
	}
}

func checkReplyError(t *testing.T, err error, incomplete string, errno syscall.Errno, text string) {
	t.Helper()
	var refused *KernelError
	switch {
	case incomplete != "":
		if !errors.Is(err, ErrIncomplete) || !strings.Contains(err.Error(), incomplete) {
			t.Errorf("error %v; want an incomplete dump because of %q", err, incomplete)
		}
	case errno != 0:
		if !errors.As(err, &refused) || refused.Errno != errno || refused.Message != text {
			t.Errorf("error %v; want errno %v, message %q", err, errno, text)
		}
	case err != nil:
		t.Errorf("unexpected error %v", err)
	}
}

func TestReplyStopsWhenToldTo(t *testing.T) {
	socketMsg := nlmsg(typeByFamily, 2, testSeq, sock(tcp.TimeWait))
	visited := 0
	r := reply{seq: testSeq}
	done, err := r.feed(join(socketMsg, socketMsg), func(Message) bool { visited++; return false })
	if !done || err != nil || visited != 1 || !r.stopped {
		t.Errorf("done %v, err %v, visited %d, stopped %v", done, err, visited, r.stopped)
	}
}

// checkRow reads every field of a row: whatever the bytes were, no field may panic.
func checkRow(t *testing.T, s *socket.Socket) {
	t.Helper()
	if !s.Known.Has(socket.FieldState) || s.Expires < 0 || s.Mem != nil && s.Mem.Words > 9 {
		t.Fatalf("row %+v", s)
	}
	var text []byte
	for f := range socket.Fields() {
		if v, ok := f.Value(s); ok {
			text = f.Append(text, v)
		}
	}
}

// FuzzReply feeds any bytes: the decoder must not panic, must not hand out a
// message that is too short to decode, and must make progress. The seeds kept
// in testdata are answers of Linux 6.18: every state, with all attributes that
// a request can ask for.
func FuzzReply(f *testing.F) {
	attr := []byte{5, 0, attrShutdown, 0, 3, 0, 0, 0}
	f.Add(join(nlmsg(typeByFamily, 2, testSeq, sock(tcp.SynRecv, attr...)), nlmsg(typeDone, 2, testSeq, int32Bytes(0))))
	f.Add(nlmsg(typeError, flagAckTLVs, testSeq, join(int32Bytes(-2), make([]byte, sizeofHeader+8))))
	f.Add(nlmsg(typeByFamily, flagDumpIntr, testSeq, sock(tcp.FinWait2, 255, 255, 8, 0)))
	f.Fuzz(func(t *testing.T, datagram []byte) {
		var d Decoder
		var s socket.Socket
		r := reply{seq: testSeq}
		_, _ = r.feed(datagram, func(m Message) bool {
			if len(m) < sizeofMsg {
				t.Fatalf("message of %d bytes", len(m))
			}
			d.Decode(m, &s)
			checkRow(t, &s)
			return true
		})
	})
}
