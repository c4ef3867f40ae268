// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// traced reads "trace DURATION", or "ended COUNT REASON FROM LOCAL REMOTE in|out
// [owner=NAME[PID]] [unit=NAME] [lasted=DURATION]".
func (m *madeMachine) traced(verb, rest string) (err error) {
	space := m.now.Spaces[0]
	if verb == "trace" {
		space.Trace = &TraceReading{}
		space.Trace.Took, err = time.ParseDuration(rest)
		return err
	}
	words := strings.Fields(rest)
	if len(words) < 6 || space.Trace == nil {
		return fmt.Errorf("trace DURATION before ended COUNT REASON FROM LOCAL REMOTE in|out")
	}
	n, err := strconv.Atoi(words[0])
	if err != nil {
		return err
	}
	for i := range n {
		row, err := tracedRow(words[1:], i)
		if err != nil {
			return err
		}
		space.Trace.Add(row)
	}
	return nil
}

func tracedRow(words []string, i int) (s *socket.Socket, err error) {
	s = &socket.Socket{Change: &socket.Change{}, Owner: &socket.Owner{}}
	for s.Change.Reason = 1; s.Change.Reason.String() != words[0]; s.Change.Reason++ {
		if s.Change.Reason > socket.Failed {
			return nil, fmt.Errorf("no reason %q", words[0])
		}
	}
	if s.Change.From, err = tcp.Parse(words[1]); err != nil {
		return nil, err
	}
	if s.Local, err = counted(words[2], i); err != nil {
		return nil, err
	}
	if s.Remote, err = counted(words[3], i); err != nil {
		return nil, err
	}
	s.Direction = map[string]socket.Direction{"in": socket.Inbound, "out": socket.Outbound}[words[4]]
	for _, w := range words[5:] {
		name, value, _ := strings.Cut(w, "=")
		if name != "lasted" {
			err = setField(s, name, value)
		} else {
			s.Change.Born = true
			s.Change.Lasted, err = time.ParseDuration(value)
		}
		if err != nil {
			return nil, err
		}
	}
	return s, nil
}
