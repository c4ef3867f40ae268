// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/command"
	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// listOf is the command that lists the sockets that meet all conditions.
func listOf(conditions ...string) command.Line {
	return command.Of("list", strings.Join(conditions, " and "))
}

// listedAtOnce is how many sockets fit on a screen.
const listedAtOnce = 20

// counting is the command that shows whether a remedy helped. For more sockets than
// fit on a screen it counts instead of listing, and groups by owner if the list shows
// owners.
func (f *Finding) counting(l command.Line) command.Line {
	words := l.Words()
	if len(words) < 3 || words[0] != command.Program || words[1] != "list" || f.sockets() <= listedAtOnce {
		return l
	}
	count := []string{"census", words[2]}
	if slices.ContainsFunc(words[3:], func(w string) bool { return strings.HasPrefix(w, "+process") }) {
		count = append(count, "--by", "process,sport")
	}
	return command.Of(count...)
}

// sockets is how many sockets the finding's evidence counts. Evidence named
// PROTOCOL.NAME is a counter of the kernel and does not count sockets.
func (f *Finding) sockets() (n float64) {
	for _, e := range f.Evidence {
		if e.Unit == "" && !strings.Contains(e.Name, ".") {
			n = max(n, e.Value)
		}
	}
	return n
}

// queuesAt is the command that shows a listener's queues.
func queuesAt(local netip.AddrPort) command.Line {
	return command.Of("queues", localPort(local.Port()), "--window", "10s")
}

// emergency is the command that shows and closes the sockets in a state that a finding
// has counted. There is none if no condition separates them from all other sockets.
// The condition excludes sockets that have sent data since, such as a half-closed
// stream in use.
func (g *ownedBy) emergency(state string) command.Line {
	conditions := []string{state}
	if of := whose(g.owner); of != "" {
		conditions = append(conditions, of)
	}
	if port, ok := onePort(g.rows); ok {
		conditions = append(conditions, localPort(port))
	}
	if len(conditions) == 1 {
		return command.Line{}
	}
	if quiet := g.bySilence(sentNothing()); quiet.keeps != nil {
		conditions = append(conditions, quiet.condition)
	}
	return command.Of("kill", strings.Join(conditions, " and "))
}

// onePort returns the local port of the rows; ok is false if they do not all have the
// same one.
func onePort(rows []Kept) (port uint16, ok bool) {
	for i := range rows {
		if port = rows[i].Local.Port(); port != rows[0].Local.Port() {
			return 0, false
		}
	}
	return port, len(rows) > 1
}

func localPort(port uint16) string { return "sport = :" + strconv.Itoa(int(port)) }

// whose is the condition that selects the sockets of an owner, "" if there is none.
// Anybody can choose names: they are quoted for the filter here, and for the shell by
// package command.
func whose(o *socket.Owner) string {
	switch {
	case o == nil:
		return ""
	case o.Process != nil && o.Process.PID != 0:
		return "pid = " + strconv.FormatUint(uint64(o.Process.PID), 10)
	case o.Process != nil && o.Process.Name != "":
		return "process = " + query.Quote(o.Process.Name)
	case o.Unit != "":
		return "unit = " + query.Quote(o.Unit)
	default:
		return ""
	}
}

// bracketed writes an address as filters take it. Addresses that mean the same host
// match: an IPv4 address mapped into IPv6, and a link-local address with its device.
func bracketed(a netip.Addr) string {
	a = a.Unmap().WithZone("")
	if a.Is6() {
		return "[" + a.String() + "]"
	}
	return a.String()
}

// endpoint writes an address and port as filters take them.
func endpoint(a netip.AddrPort) string {
	return bracketed(a.Addr()) + ":" + strconv.Itoa(int(a.Port()))
}
