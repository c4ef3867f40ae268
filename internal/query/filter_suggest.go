// SPDX-License-Identifier: Apache-2.0

package query

import (
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// nearestWord returns the field or state whose name is nearest to word, or ""
// when none is near enough to be meant.
func nearestWord(word string) (near string, isState bool) {
	limit := 1 + len(word)/4
	best := limit + 1
	for f := range socket.Fields() {
		for _, name := range append([]string{f.Name}, f.Aliases...) {
			if d := distance(strings.ToLower(word), name, limit); d < best {
				near, best = name, d
			}
		}
	}
	for s := range tcp.AllStates.All() {
		if d := distance(strings.ToLower(word), ssState(s), limit); d < best {
			near, best, isState = ssState(s), d, true
		}
	}
	return near, isState
}

// nearestOf returns the word of the list that is nearest to word, or "".
func nearestOf(word string, list []string) string {
	near, best := "", 2+len(word)/4
	for _, w := range list {
		if d := distance(strings.ToLower(word), w, best); w != "" && d < best {
			near, best = w, d
		}
	}
	return near
}

// distance is how many letters of a have to be inserted, deleted, changed or
// swapped with their neighbour to get b; more than limit may be said as any
// greater number.
func distance(a, b string, limit int) int {
	if len(a) > len(b)+limit || len(b) > len(a)+limit {
		return limit + 1
	}
	older, previous := make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range previous {
		previous[j] = j
	}
	for i := 1; i <= len(a); i++ {
		current := make([]int, len(b)+1)
		current[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			current[j] = min(previous[j]+1, current[j-1]+1, previous[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				current[j] = min(current[j], older[j-2]+1)
			}
		}
		older, previous = previous, current
	}
	return previous[len(b)]
}

// example returns a condition on the field.
func example(f *socket.Field) string {
	switch f.Type {
	case socket.TypeState:
		return f.Name + " = time-wait"
	case socket.TypeEnum:
		for _, w := range f.Words {
			if w != "" {
				return f.Name + " = " + w
			}
		}
		return f.Name
	case socket.TypeBool:
		return f.Name
	case socket.TypeAddress:
		return f.Name + " = 10.0.0.0/8"
	case socket.TypeEndpoint:
		return f.Name + " = 0.0.0.0:80"
	case socket.TypePort:
		return f.Name + " = :443"
	case socket.TypeBytes:
		return f.Name + " > 64KiB"
	case socket.TypeRate:
		return f.Name + " < 1MiB"
	case socket.TypeDuration:
		return f.Name + " > 30ms"
	case socket.TypeMask:
		return f.Name + " = 0x1/0x3"
	case socket.TypeString:
		return f.Name + " = NAME"
	default:
		return f.Name + " > 10"
	}
}
