// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"fmt"
	"math"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/command"
	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// listOf is the command that lists the sockets for which all conditions hold.
func listOf(conditions ...string) command.Line {
	return command.Of("list", strings.Join(conditions, " and "))
}

// listedAtOnce is how many sockets a screen has room for.
const listedAtOnce = 20

// counting is the command that shows whether a remedy helped: of more sockets than
// a screen lists how many there are, whose they are where a list says so.
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

// sockets is how many a finding has counted, by its evidence: counters of the kernel
// are called PROTOCOL.NAME.
func (f *Finding) sockets() (n float64) {
	for _, e := range f.Evidence {
		if e.Unit == "" && !strings.Contains(e.Name, ".") {
			n = max(n, e.Value)
		}
	}
	return n
}

// queuesAt is the command that looks at a listener again.
func queuesAt(local netip.AddrPort) command.Line {
	return command.Of("queues", localPort(local.Port()), "--window", "10s")
}

// emergency is the command that shows the sockets in a state that a finding has
// counted, and closes them: none where nothing tells them from all others. What
// has sent since, such as a half-closed stream in use, is not among them.
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
	if quiet := quietFor(g.rows); quiet >= time.Second {
		conditions = append(conditions, fmt.Sprintf("lastsnd >= %ds", int(quiet.Seconds())))
	}
	return command.Of("kill", strings.Join(conditions, " and "))
}

// onePort returns the local port that all rows have, unless each has its own.
func onePort(rows []Kept) (port uint16, ok bool) {
	for i := range rows {
		if port = rows[i].Local.Port(); port != rows[0].Local.Port() {
			return 0, false
		}
	}
	return port, len(rows) > 1
}

// quietFor returns for how long no row has sent data; 0 when that is not known.
func quietFor(rows []Kept) time.Duration {
	least := time.Duration(math.MaxInt64)
	for i := range rows {
		if !rows[i].Life.Timed {
			return 0
		}
		least = min(least, rows[i].Life.LastSent)
	}
	return least
}

func localPort(port uint16) string { return "sport = :" + strconv.Itoa(int(port)) }

// whose is the condition that chooses the sockets of an owner, "" when there is
// none. Names are anybody's choice: they are quoted for the filter here, and
// for the shell by the command.
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

// bracketed writes an address as filters take it: those of one host are the
// same (an IPv4 address mapped into IPv6, a link-local one with its device).
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
