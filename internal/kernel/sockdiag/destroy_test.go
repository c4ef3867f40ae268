// SPDX-License-Identifier: Apache-2.0

package sockdiag

import (
	"errors"
	"syscall"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// ack makes the kernel's answer to one request (struct nlmsgerr).
func ack(seq uint32, errno syscall.Errno) []byte {
	return nlmsg(typeError, flagCapped, seq, join(int32Bytes(-int32(errno)), make([]byte, sizeofHeader)))
}

// TestAcks reads answers in any order, in one message or several, mixed with answers
// to older requests. A missing answer is not success.
func TestAcks(t *testing.T) {
	a := newAcks(testSeq, 6)
	for _, datagram := range [][]byte{
		ack(testSeq+1, syscall.ENOENT),
		join(ack(testSeq, 0), ack(testSeq+2, syscall.EPERM)),
		ack(testSeq-1, syscall.EIO), // to an older request
		ack(testSeq+6, 0),           // to a request that was never made
		ack(testSeq+3, syscall.EOPNOTSUPP),
		ack(testSeq+4, syscall.EINVAL),
		ack(testSeq+4, syscall.EINVAL), // a second answer
		nlmsg(typeNoop, 0, testSeq+5, nil),
	} {
		if err := a.feed(datagram); err != nil {
			t.Fatal(err)
		}
	}
	if a.open != 1 {
		t.Errorf("%d are open, not one", a.open)
	}
	if a.errs[0] != nil || !errors.Is(a.errs[1], ErrNoSuchSocket) || !errors.Is(a.errs[3], problem.ErrNotSupported) {
		t.Errorf("answers: %v", a.errs)
	}
	if p, ok := errors.AsType[*problem.PermissionError](a.errs[2]); !ok || len(p.Need) != 1 || p.Need[0] != "CAP_NET_ADMIN" {
		t.Errorf("EPERM: %v", a.errs[2])
	}
	if !errors.Is(a.errs[4], syscall.EINVAL) || a.errs[5] == nil {
		t.Errorf("EINVAL and silence: %v, %v", a.errs[4], a.errs[5])
	}
	for _, broken := range [][]byte{ack(testSeq, 0)[:18], make([]byte, 20)} {
		if err := a.feed(broken); !errors.Is(err, ErrIncomplete) {
			t.Errorf("%x: %v", broken, err)
		}
	}
}
