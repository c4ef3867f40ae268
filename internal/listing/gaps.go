// SPDX-License-Identifier: Apache-2.0

package listing

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// namedBroken is how many broken lines are reported one by one.
const namedBroken = 10

// shownOfLine is how much of a broken line is quoted.
const shownOfLine = 60

// brokenLine keeps the report of one line that could not be read.
func (rd *Reader) brokenLine(why string, raw []byte) {
	rd.result.Broken++
	if len(rd.broken) < namedBroken {
		rd.broken = append(rd.broken, problem.Gap{
			Source: "line " + strconv.FormatUint(rd.result.Lines, 10),
			Reason: why + ": " + quote(raw),
		})
	}
}

func quote(raw []byte) string {
	s := strings.ToValidUTF8(strings.TrimSpace(string(raw[:min(len(raw), 4*shownOfLine)])), "?")
	if runes := []rune(s); len(runes) > shownOfLine {
		s = string(runes[:shownOfLine]) + "…"
	}
	return strconv.Quote(s)
}

// gaps returns what should be in the listing and is not.
func (rd *Reader) gaps() []problem.Gap {
	gaps := rd.broken
	if more := rd.result.Broken - uint64(len(rd.broken)); more > 0 {
		gaps = append(gaps, problem.Gap{Source: "lines after those", Reason: fmt.Sprintf("and %d more that cannot be read", more)})
	}
	for _, g := range slices.Concat(rd.mixtureGaps(), rd.optionGaps(), rd.rowGaps()) {
		g.Structural = true // the listing does not have it: nothing was lost in reading
		gaps = append(gaps, g)
	}
	return gaps
}

// mixtureGaps reports input that is more than one listing.
func (rd *Reader) mixtureGaps() []problem.Gap {
	var gaps []problem.Gap
	if names := rd.formatNames(); len(names) > 1 {
		gaps = append(gaps, problem.Gap{
			Source: "several listings",
			Reason: "rows of " + strings.Join(names, " and ") + " are counted together; one machine listed twice is counted twice",
		})
	}
	if rd.result.Format != StateCounts && rd.byFormat[StateCounts] > 0 {
		gaps = append(gaps, problem.Gap{
			Source: "counts by state",
			Reason: fmt.Sprintf("%d lines with a state and a number are not added to the rows", rd.byFormat[StateCounts]),
		})
	}
	for f, n := range rd.headers {
		if n > 1 {
			gaps = append(gaps, problem.Gap{
				Source: "several listings",
				Reason: fmt.Sprintf("the heading of %s is there %d times (netstat -c?): the counts are the sum of all of them", Format(f), n),
			})
		}
	}
	return gaps
}

// formatNames names the formats of the rows that were counted.
func (rd *Reader) formatNames() []string {
	var names []string
	for f, n := range rd.byFormat {
		if n > 0 && Format(f) != StateCounts {
			names = append(names, Format(f).String())
		}
	}
	return names
}

// optionGaps reports states that the options of the program left out.
func (rd *Reader) optionGaps() []problem.Gap {
	c := &rd.result.Counts
	listening := c.Of(tcp.Listen)
	switch {
	case rd.result.Format == Proc:
		return rd.familyGaps()
	case rd.result.Format == SS && listening+c.Of(tcp.TimeWait)+c.Of(tcp.SynRecv) == 0:
		return []problem.Gap{{
			Source: "LISTEN, TIME_WAIT, SYN_RECV",
			Reason: "there are none in the listing, and ss leaves them out without -a",
		}}
	case listening > 0 && listening == c.Total():
		return []problem.Gap{{
			Source: "connections",
			Reason: "there are only listening sockets in the listing: netstat and ss leave the others out with -l",
		}}
	case listening == 0 && rd.result.Format != PowerShell:
		return []problem.Gap{{
			Source: "LISTEN",
			Reason: "there are none in the listing, and " + leavesOut(rd.result.Format) + " leaves them out without -a",
		}}
	default:
		return rd.ssGaps()
	}
}

// leavesOut names the program that may have left LISTEN out.
func leavesOut(f Format) string {
	if f == StateCounts {
		return "the netstat or ss that was counted"
	}
	return f.String()
}

// ssGaps reports UNCONN rows without a protocol beside them: ss leaves the
// Netid column out when asked for one protocol, and UNCONN is what idle UDP
// sockets are too.
func (rd *Reader) ssGaps() []problem.Gap {
	bound := rd.result.Counts.Of(tcp.Bound)
	if rd.result.Format != SS || bound == 0 || rd.netid {
		return nil
	}
	return []problem.Gap{{
		Source: "BOUND",
		Reason: fmt.Sprintf("%d UNCONN rows are taken for bound but idle TCP sockets; ss -u prints UDP sockets in the same way", bound),
	}}
}

// familyGaps reports that one of the kernel's two files is missing.
func (rd *Reader) familyGaps() []problem.Gap {
	missing := ""
	switch {
	case !rd.proc4 && !rd.proc6:
		return nil
	case !rd.proc6:
		missing = "/proc/net/tcp6"
	case !rd.proc4:
		missing = "/proc/net/tcp"
	default:
		return nil
	}
	return []problem.Gap{{Source: missing, Reason: "only the other file is in the listing: cat /proc/net/tcp /proc/net/tcp6"}}
}

// rowGaps reports fields that rows did not give; nothing after [Count].
func (rd *Reader) rowGaps() []problem.Gap {
	var gaps []problem.Gap
	if rd.shortened > 0 {
		gaps = append(gaps, problem.Gap{
			Source: "addresses",
			Reason: fmt.Sprintf("%d were cut short by netstat, which prints them whole with -W", rd.shortened),
		})
	}
	if rd.names > 0 {
		gaps = append(gaps, problem.Gap{
			Source: "addresses",
			Reason: fmt.Sprintf("%d have a name for an address or port; -n prints numbers", rd.names),
		})
	}
	return gaps
}
