// SPDX-License-Identifier: Apache-2.0

package hold

import (
	"errors"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

func TestCheck(t *testing.T) {
	for _, test := range []struct {
		name string
		o    Options
		ok   bool
	}{
		{"the zero value", Options{}, true},
		{"millions", Options{State: tcp.TimeWait, N: bulkLimit}, true},
		{"too many millions", Options{State: tcp.TimeWait, N: bulkLimit + 1}, false},
		{"too many of the others", Options{State: tcp.LastAck, N: smallLimit + 1}, false},
		{"fds", Options{State: tcp.CloseWait, N: 5, FDs: true}, true},
		{"fds of sockets that nobody has open", Options{State: tcp.TimeWait, FDs: true}, false},
		{"CLOSE is no socket", Options{State: tcp.Close}, false},
	} {
		err := test.o.check()
		if _, usage := errors.AsType[*problem.UsageError](err); usage == test.ok {
			t.Errorf("%s: %v", test.name, err)
		}
	}
}
