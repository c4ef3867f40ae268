// SPDX-License-Identifier: Apache-2.0

package procfs

// An index tells roughly where a sorted list has the pairs of an inode. The kernel
// assigns inodes in sequence, so equal parts of their range contain a few pairs each;
// there are at most twice as many parts as pairs. A look-up takes one or two memory
// accesses, a binary search in a list of 200,000 takes eighteen. The zero value
// indexes an empty list.
type index struct {
	first uint32   // inode of the first pair
	shift uint     // binary logarithm of the number of inodes in a part
	from  []uint32 // where each part begins; the last entry is where the last part ends
}

// fewPairs is up to how many pairs are searched one by one.
const fewPairs = 16

// indexOf makes the index of sorted pairs; the inode is in the upper 32 bits.
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

// of returns the range that contains the pairs of an inode, if there are any.
func (x *index) of(inode uint32) (from, to int) {
	part := int((inode - x.first) >> x.shift)
	if inode < x.first || part+1 >= len(x.from) {
		return 0, 0
	}
	return int(x.from[part]), int(x.from[part+1])
}
