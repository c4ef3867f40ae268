// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"strconv"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// mostOpened is the share of the opened connections that must be incoming before
// abnormal ends are attributed to incoming connections.
const mostOpened = 0.9

// whereAborted says at which listeners and to which destinations connections ended
// abnormally. The kernel counts them for the whole namespace only. A trace shows it;
// or the namespace listens on a single port, where they must have come in.
func (c *Case) whereAborted(opens uint64) knowledge.Text {
	if places := c.Now.Trace.abnormalEnds(); len(places) > 0 {
		return say("as the trace saw them: %s", "跟踪看到的：%s", topOf(places, service.String))
	}
	if port, only := c.onlyListening(); only && opens > 0 && float64(c.Moved("Tcp.PassiveOpens")) >= mostOpened*float64(opens) {
		return say("they came in at :%s, the only port that listens here", "它们接入的是 :%s，这里唯一监听的端口", strconv.Itoa(int(port)))
	}
	return text("which listener or destination they are of only a trace tells: doctor --trace 10s", "它们属于哪个监听端口或目标，只有跟踪才能看出：doctor --trace 10s")
}

// abnormalEnds counts by service the connections that did not end with a FIN of each
// side; nil without a trace.
func (r *TraceReading) abnormalEnds() map[service]uint64 {
	if r == nil {
		return nil
	}
	of := map[service]uint64{}
	for k, n := range r.kinds {
		if endsConnection(k) && isAbnormal(k.reason) {
			of[k.service] += n.n
		}
	}
	return of
}

func isAbnormal(r socket.Reason) bool {
	switch r {
	case socket.UnreadData, socket.PeerReset, socket.TimedOut, socket.Unreachable, socket.Failed:
		return true
	default:
		return isOwnReset(r)
	}
}

// onlyListening returns the port on which this namespace listens; only is false if
// there are several or none.
func (c *Case) onlyListening() (port uint16, only bool) {
	listening := &c.Now.Sockets.timeWaits.listening
	if listening.len() != 1 || len(listening.few) != 1 {
		return 0, false
	}
	return listening.few[0], true
}
