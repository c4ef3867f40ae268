// SPDX-License-Identifier: Apache-2.0

package snapshot

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"hash/crc32"
	"io"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// Magic is the beginning of every file. Like that of PNG it has a byte above 127, a
// CR LF and a LF, so that a transfer in text mode damages it at once.
const Magic = "\x89TCPV\r\n\x1a"

// The version of the format that this package writes. A reader understands every
// minor version of its own major version.
const (
	Major = 1
	Minor = 0
)

// Sizes on disk.
const (
	sizeofPreamble = 16
	sizeofSection  = 32
)

// The kinds of section.
const (
	sectionHead      = "HEAD" // Machine as JSON; the first section
	sectionNamespace = "NETN" // Namespace as JSON; rows after it belong to it
	sectionTables    = "TABL" // tables as JSON: more entries for the rows that follow
	sectionRows      = "ROWS" // a block of sockets
	sectionTail      = "TAIL" // Tail as JSON; the section before the last
	sectionPad       = "PADD" // nothing; lengthens a file to what its JSON requires (weight.go)
	sectionEnd       = "END." // numbers of rows and sections before it; the last section
)

// Flags of a section.
const (
	flagDeflate  = 1 << 0 // the payload is compressed (RFC 1951)
	flagCritical = 1 << 1 // a reader that does not know the section cannot read the file
)

// These limits bound a reader's memory, whatever the file claims.
const (
	maxJSON   = 64 << 20
	maxBlock  = 16 << 20
	maxRows   = 1 << 16
	maxTables = 256 << 20 // all tables together, uncompressed
)

// castagnoli returns the CRC-32C, which processors compute in hardware.
func castagnoli(b []byte) uint32 { return crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli)) }

// preamble returns the first bytes of a file.
func preamble() []byte {
	b := append([]byte(Magic), 0, 0, 0, 0, 0, 0, 0, 0)
	binary.LittleEndian.PutUint16(b[8:], Major)
	binary.LittleEndian.PutUint16(b[10:], Minor)
	binary.LittleEndian.PutUint32(b[12:], castagnoli(b[:12]))
	return b
}

// section is the header of a section.
type section struct {
	kind   string
	flags  uint32
	stored uint32 // bytes of the payload in the file
	raw    uint32 // bytes of the uncompressed payload
	rows   uint32 // only ROWS: the number of rows
	states uint32 // only ROWS: the set of states of the rows
	sum    uint32 // CRC-32C of the payload as stored
}

func (s section) encode() []byte {
	b := make([]byte, sizeofSection)
	copy(b, s.kind)
	for i, n := range []uint32{s.flags, s.stored, s.raw, s.rows, s.states, s.sum} {
		binary.LittleEndian.PutUint32(b[4+4*i:], n)
	}
	binary.LittleEndian.PutUint32(b[28:], castagnoli(b[:28]))
	return b
}

var (
	errSum    = problem.New("the checksum is wrong", "校验和不对")
	errTooBig = problem.New("it is larger than it can be", "大得不可能")
)

func decodeSection(b []byte) (section, error) {
	if binary.LittleEndian.Uint32(b[28:]) != castagnoli(b[:28]) {
		return section{}, errSum
	}
	word := func(i int) uint32 { return binary.LittleEndian.Uint32(b[4+4*i:]) }
	return section{string(b[:4]), word(0), word(1), word(2), word(3), word(4), word(5)}, nil
}

// limit is how large the payload of a section may be.
func (s section) limit() uint32 {
	if s.kind == sectionRows {
		return maxBlock
	}
	return maxJSON
}

// An inflater reads payloads. It reuses its memory.
type inflater struct {
	flate  io.ReadCloser
	stored bytes.Reader
	out    []byte
}

// payload returns the payload of a section, uncompressed. It is valid until the next call.
func (in *inflater) payload(s section, stored []byte) ([]byte, error) {
	if s.raw > s.limit() {
		return nil, errTooBig
	}
	if s.flags&flagDeflate == 0 {
		return stored, nil
	}
	in.stored.Reset(stored)
	if in.flate == nil {
		in.flate = flate.NewReader(&in.stored)
	} else if err := in.flate.(flate.Resetter).Reset(&in.stored, nil); err != nil {
		return nil, err
	}
	out := bytes.NewBuffer(in.out[:0])
	n, err := out.ReadFrom(io.LimitReader(in.flate, int64(s.raw)+1))
	in.out = out.Bytes()
	if err != nil {
		return nil, err
	}
	if n != int64(s.raw) {
		return nil, problem.Errorf("it does not have the %d bytes that it declares", "没有它所说的 %d 字节", s.raw)
	}
	return in.out, nil
}
