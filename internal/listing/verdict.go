// SPDX-License-Identifier: Apache-2.0

package listing

import (
	"fmt"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// wanted is the way out of input that is no listing.
const wanted = "give it what one of these prints: ss -tan, netstat -ant, cat /proc/net/tcp /proc/net/tcp6, netstat -an on Windows"

// verdict returns why the input as a whole cannot be used, nil when it can.
func (rd *Reader) verdict() error {
	r := &rd.result
	switch {
	case rd.rows() > 0 || rd.byFormat[StateCounts] > 0:
		return nil
	case r.Broken > 0:
		return rd.allBroken()
	case r.Ignored.rows() > 0:
		return rd.unusable("has no TCP rows, only "+others(&r.Ignored), "run it with the TCP sockets, as netstat -ant or ss -tan")
	case rd.ctx.started != Unrecognised:
		return nil // a heading and no sockets: none were there
	case r.Ignored.Text == 0:
		return rd.unusable("is empty", wanted)
	case rd.control:
		return rd.binary()
	default:
		return rd.unusable("is not a listing of sockets: no line of it is a TCP row", wanted)
	}
}

func (rd *Reader) unusable(msg, hint string) error {
	return &problem.InputError{Name: rd.name, Msg: msg, Hint: hint}
}

func (rd *Reader) binary() error {
	return rd.unusable("is binary, not text", wanted)
}

// allBroken is the verdict on input with TCP rows of which none can be read.
func (rd *Reader) allBroken() error {
	first := rd.broken[0]
	hint := wanted
	if strings.HasPrefix(first.Reason, noStateColumn) {
		hint = "run ss -tan, which shows every state with its name"
	}
	return rd.unusable(fmt.Sprintf("has no readable TCP row and %d that cannot be read; %s: %s",
		rd.result.Broken, first.Source, first.Reason), hint)
}

// others lists the rows of other protocols, as in "12 udp and 3 unix rows".
func others(i *Ignored) string {
	var parts []string
	add := func(n uint64, name string) {
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, name))
		}
	}
	add(i.UDP, "udp")
	add(i.Unix, "unix")
	add(i.Raw, "raw")
	add(i.Other, "other")
	list := strings.Join(parts, ", ")
	if n := len(parts); n > 1 {
		list = strings.Join(parts[:n-1], ", ") + " and " + parts[n-1]
	}
	if i.rows() == 1 {
		return list + " row"
	}
	return list + " rows"
}
