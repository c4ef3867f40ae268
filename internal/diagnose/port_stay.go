// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"slices"

	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// A stay is a sample of the open connections to one destination: those whose hashed
// cookies are the smallest numbers. Two readings of the same connections have the same
// sample.
type stay struct{ keys []uint64 } // in ascending order

const (
	stayFrom = 16 // with fewer connections a sample is not worth its memory
	stayKept = 32
)

func (s *stay) add(row *socket.Socket) {
	if !row.Known.Has(socket.FieldCookie) || row.Cookie == 0 {
		return
	}
	key := scatter(row.Cookie)
	if len(s.keys) == stayKept {
		if key >= s.keys[stayKept-1] {
			return
		}
		s.keys = s.keys[:stayKept-1]
	}
	at, _ := slices.BinarySearch(s.keys, key)
	s.keys = slices.Insert(s.keys, at, key)
}

// turnedOver reports whether most connections of an earlier reading have gone. Then a
// greater number now depends only on the moments of the two readings and is not a
// leak, because leaked connections do not go. It is false if that is not known.
func (s *stay) turnedOver(past *stay) bool {
	if len(s.keys) == 0 {
		return false
	}
	asked, there := 0, 0
	for _, key := range past.keys {
		if len(s.keys) == stayKept && key > s.keys[stayKept-1] {
			break // this sample has no keys that great
		}
		asked++
		if _, found := slices.BinarySearch(s.keys, key); found {
			there++
		}
	}
	return asked > 0 && 2*there < asked
}
