// SPDX-License-Identifier: Apache-2.0

package diagnose

import "math/bits"

// A cookieSet is a set of socket cookies. The kernel hands cookies out in ascending
// order, in batches of 4,096 to each processor (include/linux/cookie.h
// COOKIE_LOCAL_BATCH). So the cookies of many sockets lie close together and need one
// bit each: a million take 0.3 MB, as a list they would take 8 MB. The zero value is
// empty.
type cookieSet struct {
	blocks map[uint64]*[cookieBlock / 64]uint64
	n      uint64
}

// cookieBlock is how many cookies one entry of the map covers.
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

// shared counts the cookies that are in both sets.
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
