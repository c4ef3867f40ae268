// SPDX-License-Identifier: Apache-2.0

package bpf

import (
	"errors"
	"io/fs"
	"testing"
)

// TestAsk: what the kernel tells of a tracepoint and of an enumeration is what it
// has had since both are there.
func TestAsk(t *testing.T) {
	n, err := TracepointArgs("inet_sock_set_state") // sk, oldstate, newstate (include/trace/events/sock.h)
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("the kernel does not tell its types")
	}
	if n != 3 || err != nil {
		t.Errorf("inet_sock_set_state has %d arguments: %v", n, err)
	}
	if n, err := TracepointArgs("no_such_tracepoint_as_this"); n != 0 || err != nil {
		t.Errorf("%d arguments of nothing: %v", n, err)
	}
	words, err := Words("tcp_ca_state") // include/uapi/linux/tcp.h
	if err != nil || words[0] != "TCP_CA_Open" || words[4] != "TCP_CA_Loss" || len(words) != 5 {
		t.Errorf("%v: %v", words, err)
	}
	if words, err := Words("no_such_enum_as_this"); len(words) != 0 || err != nil {
		t.Errorf("%v: %v", words, err)
	}
}
