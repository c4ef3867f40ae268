// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// GroupsOf returns the top groups with their counts by state, and the sum of all
// others. by is one of [By], and the first key. Sockets without a value, such as
// TIME_WAIT without a unit, form a group with an empty name.
func GroupsOf(by string, groups *query.Groups, top int) Groups {
	g := groups.Top(top)
	out := Groups{By: by, Left: g.Len - g.Shown()}
	at := map[string]int{}
	for group := range g.Groups() {
		name := query.UnknownText
		if cell := group.Cells[0]; cell.Known {
			name = clean(string(g.Keys[0].Append(nil, cell)))
		}
		if name == Other { // a unit or container that really has this name
			out.Others.add(group.States)
			out.Left++
			continue
		}
		n, ok := at[name]
		if !ok {
			n = len(out.All)
			at[name] = n
			out.All = append(out.All, Group{Name: name})
		}
		out.All[n].add(group.States)
	}
	for _, rest := range []*query.Rest{g.Others, g.Overflow} {
		if rest != nil {
			out.Others.add(rest.States)
		}
	}
	if g.Overflow != nil {
		out.Left++ // their number is unknown: at least one
	}
	return out
}

// add adds sockets by state; an unknown state is left out.
func (g *Group) add(states []uint64) {
	for state := range min(len(states), len(g.States)) {
		g.States[tcp.State(state).Reported()] += states[state]
	}
}
