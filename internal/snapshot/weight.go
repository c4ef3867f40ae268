// SPDX-License-Identifier: Apache-2.0

package snapshot

import "github.com/tcpvitals/tcpvitals/internal/problem"

// The memory that a file makes a reader use is bounded, over all sections together,
// in proportion to the length of the file: `{},` is three bytes of JSON and 170 bytes
// of memory, and compresses to almost nothing. If the content is denser, as with
// thousands of processes that share one long command line, the writer lengthens the
// file (pad).
const (
	freeWeight     = 8 << 20  // allowed for every file, in bytes of memory
	weightPerByte  = 256      // allowed in addition for each byte of the file
	freeJSON       = 4 << 20  // allowed uncompressed bytes of JSON for every file
	jsonPerByte    = 128      // allowed in addition for each byte of the file
	freeRows       = 16 << 10 // allowed sockets for every file
	rowsPerByte    = 1        // allowed in addition for each byte of the file
	weightOfObject = 160      // of a list or an object: bytes of the largest entry
	weightOfNext   = 32       // for each comma: bytes of a number, a text, an entry of a map
)

var errTooMany = problem.New("it has more entries than a file of this size can have", "条目比这么大的文件可能有的还多")

// allowance is how much of the bounds a file uses.
type allowance struct{ size, json, weight, rows int64 }

// wanting returns by how many bytes a file of this size is too short for its content.
func (a *allowance) wanting() int64 {
	need := max((a.json-freeJSON)/jsonPerByte, (a.weight-freeWeight)/weightPerByte, (a.rows-freeRows)/rowsPerByte) + 1
	return max(0, need-a.size)
}

// take refuses a block of sockets before it is read, because each socket costs time,
// and memory if they are sorted.
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
