// SPDX-License-Identifier: Apache-2.0

package collect

import (
	"time"

	"github.com/tcpvitals/tcpvitals/internal/diagnose"
)

// JudgeSpaces judges the listeners and the local ports of all namespaces that were
// read. It compares each namespace with an earlier reading, taken since ago; before is
// nil without one.
func (e *Examined) JudgeSpaces(before *Examined, since time.Duration) (queues []diagnose.Queue, uses []diagnose.PortUse) {
	earlier := map[uint64]*diagnose.Reading{}
	if before != nil {
		for _, s := range before.Machine.Spaces {
			if s.Netns != nil {
				earlier[s.Netns.Inode] = s.Sockets
			}
		}
	}
	for _, s := range e.Machine.Spaces {
		var past *diagnose.Reading
		if s.Netns != nil {
			past = earlier[s.Netns.Inode]
		}
		if past == nil {
			past = &diagnose.Reading{}
		}
		if s.Sockets.Queues != nil {
			queues = append(queues, diagnose.JudgeQueues(s.Sockets.Queues, past.Queues, since)...)
		}
		if s.Sockets.Ports != nil {
			uses = append(uses, diagnose.JudgePorts(s.Sockets.Ports, past.Ports, since)...)
		}
	}
	return queues, uses
}
