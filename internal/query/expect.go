// SPDX-License-Identifier: Apache-2.0

package query

import (
	"slices"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// Expected tells what may come next in a filter that is being typed.
type Expected struct {
	Words  []string // these words
	Fields bool     // any field
	States bool     // any state
}

// A filterPlace is a position in a filter, by what may come next.
type filterPlace uint8

const (
	atCondition filterPlace = iota
	atState
	atOperator
	atValue
	atJoin
)

// Expect returns what may follow these words of a filter. It is an aid for typing:
// the filter may continue in other ways too.
func Expect(before []string) Expected {
	place, field := atCondition, (*socket.Field)(nil)
	for _, w := range before {
		place, field = nextPlace(place, field, strings.ToLower(w))
	}
	switch place {
	case atCondition:
		return Expected{Words: []string{"state", "exclude", "not"}, Fields: true}
	case atState:
		return Expected{States: true}
	case atOperator:
		return Expected{Words: []string{"=", "!="}}
	case atValue:
		return expectValue(field)
	default:
		return Expected{Words: []string{"and", "or"}}
	}
}

// nextPlace returns the position after a word; field is the one being compared.
func nextPlace(at filterPlace, field *socket.Field, word string) (filterPlace, *socket.Field) {
	joins := slices.Contains([]string{"and", "or", "not", "&&", "||", "!", "("}, word)
	switch {
	case at == atOperator && slices.Contains([]string{"=", "==", "!=", "eq", "ne"}, word):
		return atValue, field
	case at == atState, at == atValue, at == atOperator:
		return atJoin, nil
	case joins:
		return atCondition, nil
	case word == "state", word == "exclude":
		return atState, nil
	}
	if f, ok := socket.Lookup(word); ok {
		return atOperator, f
	}
	return atJoin, nil
}

func expectValue(f *socket.Field) Expected {
	switch f.Type {
	case socket.TypeState:
		return Expected{States: true}
	case socket.TypeBool:
		return Expected{Words: []string{"yes", "no"}}
	default:
		return Expected{Words: slices.DeleteFunc(slices.Clone(f.Words), func(w string) bool { return w == "" })}
	}
}
