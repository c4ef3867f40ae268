// SPDX-License-Identifier: Apache-2.0

package diagnose

import "math/bits"

// A cookieSet is cookies of sockets. The kernel gives them out in order, 4,096 to
// a processor (include/linux/cookie.h COOKIE_LOCAL_BATCH), so that those of many sockets
// lie close together, and a bit is enough for each: a million are 0.3 MB where a
// list of them has 8. The zero value is empty.
type cookieSet struct {
	blocks map[uint64]*[cookieBlock / 64]uint64
	n      uint64
}

// cookieBlock is how many cookies share an entry of the map.
const cookieBlock = 512

func (s *cookieSet) add(cookie uint64) {
	if s.blocks == nil {
		s.blocks = map[uint64]*[cookieBlock / 64]uint64{}
	}
	b := s.blocks[cookie/cookieBlock]
	if b == nil {
		b = new([cookieBlock / 64]uint64)
		s.blocks[cookie/cookieBlock] = b
	}
	word, bit := cookie%cookieBlock/64, uint64(1)<<(cookie%64)
	if b[word]&bit == 0 {
		b[word] |= bit
		s.n++
	}
}

// shared counts the cookies that are in both.
func (s *cookieSet) shared(other *cookieSet) (n uint64) {
	for at, b := range s.blocks {
		if o := other.blocks[at]; o != nil {
			for i := range b {
				n += uint64(bits.OnesCount64(b[i] & o[i]))
			}
		}
	}
	return n
}
