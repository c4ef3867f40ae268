// SPDX-License-Identifier: Apache-2.0

package procfs

// An index tells about where the pairs of an inode are in a sorted list: numbers
// are given one after the other, so that equal parts of their range have a few
// each, with twice as many parts as pairs at most. To look in one is an access to
// memory or two, where to search a list of 200,000 takes eighteen. The zero value
// is of an empty list.
type index struct {
	first uint32   // inode of the first pair
	shift uint     // inodes in a part, as a power of two
	from  []uint32 // where each part begins, and where the last ends
}

// fewPairs are gone through one by one.
const fewPairs = 16

// indexOf makes the index of pairs, inode<<32 each, sorted.
func indexOf(pairs []uint64) index {
	if len(pairs) == 0 {
		return index{}
	}
	x := index{first: uint32(pairs[0] >> 32)}
	span := uint32(pairs[len(pairs)-1]>>32) - x.first
	for int(span>>x.shift) >= 2*len(pairs) {
		x.shift++
	}
	x.from = make([]uint32, span>>x.shift+2)
	part := 0
	for i, pair := range pairs {
		for p := int((uint32(pair>>32) - x.first) >> x.shift); part <= p; part++ {
			x.from[part] = uint32(i)
		}
	}
	for ; part < len(x.from); part++ {
		x.from[part] = uint32(len(pairs))
	}
	return x
}

// of returns the range in which pairs of an inode are, if there are any.
func (x *index) of(inode uint32) (from, to int) {
	part := int((inode - x.first) >> x.shift)
	if inode < x.first || part+1 >= len(x.from) {
		return 0, 0
	}
	return int(x.from[part]), int(x.from[part+1])
}
