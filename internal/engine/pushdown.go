// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"github.com/tcpvitals/tcpvitals/internal/kernel/sockdiag"
	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// pushed is a filter in two parts: what the kernel decides before it copies a socket,
// and what remains to be decided here.
type pushed struct {
	states   tcp.StateSet
	bytecode []byte // nil if the kernel decides only by state
	rest     *query.Filter
	marks    bool // the bytecode looks at marks, which takes CAP_NET_ADMIN
}

// pushDown splits a filter. A condition too long for the kernel stays here.
func pushDown(f *query.Filter) pushed {
	states, cond, rest := query.Split(f, query.Pushable())
	if cond == nil {
		return pushed{states: states, rest: rest}
	}
	code, err := sockdiag.Compile(cond)
	if err != nil {
		return pushed{states: states, rest: f}
	}
	return pushed{states: states, bytecode: code, rest: rest, marks: cond.Reads().Has(socket.FieldMark)}
}

// withdrawn returns the filter without bytecode. It is used when the kernel refuses
// the bytecode: an older kernel does not know every condition, and only CAP_NET_ADMIN
// may ask for marks.
func (p pushed) withdrawn(f *query.Filter) pushed {
	return pushed{states: p.states, rest: f}
}
