// SPDX-License-Identifier: Apache-2.0

package snapshot

import "github.com/tcpvitals/tcpvitals/internal/problem"

// What a file can make a reader keep is bounded by its entries, over all its
// sections together, and in proportion to its length: `{},` is three bytes of
// JSON, 170 bytes of memory, and compressed next to nothing. A writer whose file is denser, such as one
// of thousands of processes with one long command line, makes it longer (pad).
const (
	freeWeight     = 8 << 20  // that any file may have
	weightPerByte  = 256      // and more for each byte of it
	freeJSON       = 4 << 20  // uncompressed bytes that any file may have
	jsonPerByte    = 128      // the same
	freeRows       = 16 << 10 // sockets that any file may have
	rowsPerByte    = 1        // the same
	weightOfObject = 160      // of a list or an object: the largest that an entry becomes
	weightOfNext   = 32       // of what follows a comma: a number, a text, an entry of a map
)

var errTooMany = problem.New("it has more entries than a file of this size can have", "条目比这么大的文件可能有的还多")

// allowance is what a file takes of the bounds.
type allowance struct{ size, json, weight, rows int64 }

// wanting returns how many bytes a file of the size is too short for what is in it.
func (a *allowance) wanting() int64 {
	need := max((a.json-freeJSON)/jsonPerByte, (a.weight-freeWeight)/weightPerByte, (a.rows-freeRows)/rowsPerByte) + 1
	return max(0, need-a.size)
}

// take refuses a block of sockets before it is read: each costs time, and where
// they are sorted memory.
func (a *allowance) take(rows uint32) error {
	a.rows += int64(rows)
	if a.rows > freeRows+rowsPerByte*a.size {
		return errTooMany
	}
	return nil
}

// inflate refuses a section before it is uncompressed.
func (a *allowance) inflate(raw uint32) error {
	a.json += int64(raw)
	if a.json > freeJSON+jsonPerByte*a.size {
		return errTooMany
	}
	return nil
}

// decode refuses JSON before it is decoded.
func (a *allowance) decode(raw []byte) error {
	a.weight += weigh(raw)
	if a.weight > freeWeight+weightPerByte*a.size {
		return errTooMany
	}
	return nil
}

// weigh bounds the memory that JSON becomes: its text, and its entries.
func weigh(raw []byte) int64 {
	weight, inText := int64(len(raw)), false
	for i := 0; i < len(raw); i++ {
		switch c := raw[i]; {
		case inText && c == '\\':
			i++
		case c == '"':
			inText = !inText
		case inText:
		case c == '{', c == '[':
			weight += weightOfObject
		case c == ',':
			weight += weightOfNext
		}
	}
	return weight
}
