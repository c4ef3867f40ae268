// SPDX-License-Identifier: Apache-2.0

package query

import (
	"slices"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// nearestWord returns the field or state whose name is most similar to word, or "" if
// none is similar enough.
func nearestWord(word string) (near string, isState bool) {
	if f := begins(word); f != "" {
		return f, false
	}
	var names []string
	for f := range socket.Fields() {
		names = append(append(names, f.Name), f.Aliases...)
	}
	fields := len(names)
	for s := range tcp.AllStates.All() {
		names = append(names, ssState(s))
	}
	near = nearestOf(word, names)
	return near, slices.Index(names, near) >= fields
}

// begins returns the first field that begins with the word, which must have at least
// three letters: proc suggests process.
func begins(word string) string {
	const least = 3
	if len(word) < least {
		return ""
	}
	for f := range socket.Fields() {
		if strings.HasPrefix(f.Name, strings.ToLower(word)) {
			return f.Name
		}
	}
	return ""
}

// nearestOf returns the word of the list that is most similar to word, or "".
func nearestOf(word string, list []string) string {
	return tcp.Nearest(strings.ToLower(word), slices.Values(list), 1+len(word)/4)
}

// example returns a sample condition on the field.
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
