// SPDX-License-Identifier: Apache-2.0

package query

import (
	"slices"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// Expected is what may stand next in a filter that is being written.
type Expected struct {
	Words  []string // these words
	Fields bool     // any field
	States bool     // any state
}

// A filterPlace is what stands next in a filter.
type filterPlace uint8

const (
	atCondition filterPlace = iota
	atState
	atOperator
	atValue
	atJoin
)

// Expect returns what may stand behind these words of a filter, which is an aid
// for who writes one: the filter may go on in other ways too.
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

// nextPlace returns what stands behind a word; field is the one that is compared.
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
