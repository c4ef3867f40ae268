// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/command"
)

// A stillness is the field of filters that tells for how long a connection was silent.
type stillness struct {
	field string
	since func(Life) time.Duration
}

func sentNothing() stillness {
	return stillness{"lastsnd", func(l Life) time.Duration { return l.LastSent }}
}

func heardNothing() stillness {
	return stillness{"lastrcv", func(l Life) time.Duration { return l.LastRecv }}
}

// filter returns the command that lists the group's sockets, which are in a state. all
// are the sockets of every owner in that state. If the owner has others among them,
// such as half-closed streams in use, the command leaves them out by the local port or
// by how long they were silent, as far as one of these tells them apart.
func (g *ownedBy) filter(state string, all []Kept, by stillness) command.Line {
	of := whose(g.owner)
	if of == "" {
		return command.Of("list", state, "-c", "+process")
	}
	others := g.othersAmong(all)
	best, fewest := []string{state, of}, len(others)
	for _, ways := range [][]narrowing{{}, {g.byPort()}, {g.bySilence(by)}, {g.byPort(), g.bySilence(by)}} {
		left, conditions := others, []string{state, of}
		for _, w := range ways {
			if w.keeps != nil {
				left = slices.DeleteFunc(slices.Clone(left), func(k Kept) bool { return !w.keeps(k) })
				conditions = append(conditions, w.condition)
			}
		}
		if len(left) < fewest {
			best, fewest = conditions, len(left)
		}
	}
	return listOf(best...)
}

// A narrowing is a condition that all sockets of a group meet; keeps is nil if there is
// none.
type narrowing struct {
	condition string
	keeps     func(Kept) bool
}

func (g *ownedBy) byPort() (n narrowing) {
	if port, ok := onePort(g.rows); ok {
		n = narrowing{localPort(port), func(k Kept) bool { return k.Local.Port() == port }}
	}
	return n
}

func (g *ownedBy) bySilence(by stillness) (n narrowing) {
	least := silentFor(g.rows, by).Truncate(time.Second)
	if least < time.Second {
		return n
	}
	return narrowing{fmt.Sprintf("%s >= %ds", by.field, int(least.Seconds())), func(k Kept) bool { return !k.Life.Timed || by.since(k.Life) >= least }}
}

// othersAmong returns the rows that the condition on the group's owner selects too.
func (g *ownedBy) othersAmong(all []Kept) (others []Kept) {
	mine := map[Kept]bool{}
	for _, k := range g.rows {
		mine[identityOf(k)] = true
	}
	for _, k := range all {
		if g.selects(k) && !mine[identityOf(k)] {
			others = append(others, k)
		}
	}
	return others
}

// identityOf is the part of a row that no other socket has.
func identityOf(k Kept) Kept { return Kept{Local: k.Local, Remote: k.Remote, Cookie: k.Cookie} }

// selects reports whether the condition on the group's owner selects a row: of several
// processes it compares the name only.
func (g *ownedBy) selects(k Kept) bool {
	if g.processes == 1 {
		return g.ids[identify(k.Owner)]
	}
	return k.Owner != nil && k.Owner.Process != nil && k.Owner.Process.Name == g.owner.Process.Name
}

// silentFor returns the time for which each of the rows has been silent; 0 if that is
// not known.
func silentFor(rows []Kept, by stillness) time.Duration {
	least := time.Duration(math.MaxInt64)
	for i := range rows {
		if !rows[i].Life.Timed {
			return 0
		}
		least = min(least, by.since(rows[i].Life))
	}
	return least
}
