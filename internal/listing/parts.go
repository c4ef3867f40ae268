// SPDX-License-Identifier: Apache-2.0

package listing

import "bytes"

// A Kin is what the tables of one text are to each other. It is decided by
// evidence in the text; where there is none it stays open.
type Kin uint8

const (
	// Alone is a text with one table.
	Alone Kin = iota
	// Looks are several looks at one machine: there are times between them, the
	// same command, or the same rows.
	Looks
	// Pieces are parts of one machine, by their protocols, families or ports:
	// the sum is the whole.
	Pieces
	// Open is all else, several machines among them.
	Open
)

// Parts is how a text falls into tables.
type Parts struct {
	Kin  Kin
	N    uint64 // number of parts
	Line uint64 // line where the second part begins, or the first line that shows what the parts are
	Text string // its words, quoted
	// Each is the counts of the first [KeptParts] parts of a text that has
	// counts by state and no rows; nil for another.
	Each []Counts
}

// KeptParts is how many parts of a text are reported of one by one.
const KeptParts = 32

// labels bounds how many labels of counts are told apart.
const labels = 4096

// breaks watches where a text falls into parts, and by what.
type breaks struct {
	n        uint64 // between parts
	shown    uint64 // number of parts that a time or the same command separates
	first    told
	pieces   told            // counts of a state that occurred before under another label
	seen     map[uint64]bool // states with labels
	plain    uint32          // bit set: states without a label
	family   [families]uint64
	fresh    bool   // the part has no row yet
	repeated uint64 // number of parts in which the first row of the text occurs again
	within   uint64 // the last such part
	each     []Counts
}

// breaks between two parts. Where is the line by which the second begins.
func (rd *Reader) breaks(where []byte, shown bool) {
	b := &rd.parts
	b.first.add(rd.result.Lines, where)
	b.n++
	b.fresh = true
	if shown {
		b.shown++
	}
	b.seen, b.plain = nil, 0
	if len(b.each) < KeptParts && rd.lastCounted.Total() > 0 {
		b.each = append(b.each, rd.lastCounted)
	}
}

// A family is that of the addresses of a part, as far as something says so.
type family uint8

const (
	anyFamily family = iota
	family4
	family6
	families = iota
)

// firstRow notes of which family a part is: its command says so, or the first
// row of it does. Listings of both families begin with the same one each time.
func (b *breaks) firstRow(asked family, raw []byte, f Format) {
	b.fresh = false
	if asked == anyFamily {
		asked = familyOf(raw, f)
	}
	b.family[asked]++
}

// familyOf tells the family of a row from its protocol, or in /proc from its
// width. An address of ss tells nothing of the rows after it.
func familyOf(raw []byte, f Format) family {
	raw = raw[skipSpace(raw, 0):]
	i := bytes.IndexByte(raw, ':')
	j := skipSpace(raw, i+1) + len("0100007F")
	switch {
	case f == Proc && j < len(raw) && raw[j] == ':':
		return family4
	case f == Proc:
		return family6
	case (f == Netstat || f == BSD) && len(raw) > 4 && isTCP(raw[:3]) && raw[3] == '6':
		return family6
	case (f == Netstat || f == BSD) && len(raw) > 4 && isTCP(raw[:3]):
		return family4
	default:
		return anyFamily
	}
}

// familyAsked tells the family that the options of a command ask for: -4, -6tan.
func familyAsked(command []byte) family {
	asked := anyFamily
	for w, rest := nextWord(command); w != nil; w, rest = nextWord(rest) {
		switch {
		case w[0] == '|':
			return asked
		case string(w) == "-f", string(w) == "-A", string(w) == "-p":
			value, _ := nextWord(rest)
			switch string(bytes.ToLower(value)) {
			case "inet", "ipv4", "tcpv4", "tcp4":
				asked = family4
			case "inet6", "ipv6", "tcpv6", "tcp6":
				asked = family6
			}
		case string(w) == "--inet":
			asked = family4
		case string(w) == "--inet6":
			asked = family6
		case w[0] != '-' || len(w) > 8 || digits(w) != 1:
		case string(w) == "--ipv4", bytes.IndexByte(w, '4') > 0:
			asked = family4
		case string(w) == "--ipv6", bytes.IndexByte(w, '6') > 0:
			asked = family6
		}
	}
	return asked
}

func digits(w []byte) (n int) {
	for _, c := range w {
		if isDigit(c) {
			n++
		}
	}
	return n
}

// again notes that the first row of the text is there again, in a part.
func (b *breaks) again() {
	if b.n > b.within {
		b.within = b.n
		b.repeated++
	}
}

// labelled reports whether a count of state s, which the part has already, is of
// something else than that one, by the labels on both.
func (rd *Reader) labelled(label, s uint64) bool {
	b := &rd.parts
	return label != 0 && b.plain>>s&1 == 0 && !b.seen[label*31+s] && len(b.seen) < labels
}

// label keeps the label of a count.
func (b *breaks) label(label, s uint64) {
	switch {
	case label == 0:
		b.plain |= 1 << s
	case len(b.seen) < labels:
		if b.seen == nil {
			b.seen = map[uint64]bool{}
		}
		b.seen[label*31+s] = true
	}
}

// labelOf makes one number of what a line of counts says of the protocol, the
// family or the port that it is about; 0 when it says nothing.
func (l *line) labelOf(ctx *context) uint64 {
	h, found := newDigest(), false
	add := func(w []byte) {
		for _, c := range w {
			h.add(uint64(c))
		}
		h.add(0x100)
		found = true
	}
	rest := withoutPrefix(l.line)
	switch _, metric := metricState(rest); {
	case metric:
		eachLabel(rest, func(name, value []byte) {
			if isPieceLabel(name) {
				add(name)
				add(value)
			}
		})
	case l.celled:
		for _, c := range [...]column{columnProtocol, columnLocal, columnLocalPort, columnRemote, columnRemotePort, columnPID} {
			if len(l.cell[c]) > 0 && (ctx.table.n > 0 || ctx.extra.name != nil) {
				add([]byte{byte(c)})
				add(l.cell[c])
			}
		}
	default:
		for i := 0; ; {
			start, end, ok := nextItem(l.line, i)
			if !ok {
				break
			}
			if w := l.line[start:end]; isFamily(w) {
				add(bytes.ToLower(w))
			}
			i = end
		}
		var last []byte
		for w, more := nextWord(l.line); w != nil; w, more = nextWord(more) {
			if c, _ := columnOf(last); isEnd(w) || isProcess(w) || (c == columnLocalPort || c == columnRemotePort) && hasDigit(w) {
				add(w)
			}
			last = w
		}
	}
	if !found {
		return 0
	}
	return uint64(h)
}

// isFamily reports whether w names TCP over one family, or a family.
func isFamily(w []byte) bool {
	var lower [8]byte
	switch string(folded(lower[:0], w)) {
	case "tcp", "tcp4", "tcp6", "tcp46", "tcpv4", "tcpv6", "ipv4", "ipv6", "inet", "inet6", "v4", "v6":
		return true
	default:
		return false
	}
}

// eachLabel calls do with the labels of a line of Prometheus's text format.
func eachLabel(b []byte, do func(name, value []byte)) {
	b = b[bytes.IndexByte(b, '{')+1:]
	for {
		b = bytes.TrimLeft(b, ", ")
		name, after, ok := bytes.Cut(b, []byte(`="`))
		if !ok || bytes.IndexByte(name, '}') >= 0 {
			return
		}
		end := 0
		for end < len(after) && after[end] != '"' {
			if after[end] == '\\' {
				end++
			}
			end++
		}
		if end >= len(after) {
			return
		}
		do(bytes.TrimSpace(name), after[:end])
		b = after[end+1:]
	}
}

// isPieceLabel reports whether a label of a metric names a part of one machine.
func isPieceLabel(name []byte) bool {
	switch string(bytes.ToLower(name)) {
	case "port", "lport", "local_port", "localport", "sport", "dport", "remote_port", "family", "proto", "protocol", "version", "ip_version", "ipversion", "ip", "peer", "af", "direction", "dir":
		return true
	default:
		return false
	}
}

// kin decides what the parts of the text are to each other.
func (rd *Reader) kin() Parts {
	b := &rd.parts
	p := Parts{N: b.n + 1, Line: b.first.line, Text: b.first.text}
	if b.n > 0 && rd.rows() == 0 {
		p.Each = b.each
	}
	switch {
	case b.n > 0 && rd.parting.hosts:
		p.Kin = Open
	case rd.before.several() != nil:
		p.Kin = Open // parts of several machines, files or programs
		if b.n == 0 {
			p.Line, p.Text = rd.before.at, quote(rd.before.several())
		}
	case b.n > 0 && b.shown >= b.n, b.n > 0 && rd.rows() > 0 && b.repeated >= b.n && !rd.parting.named:
		p.Kin = Looks
	case b.n == 1 && rd.rows() > 0 && b.family[family4] == 1 && b.family[family6] == 1:
		p.Kin = Pieces
	case b.n > 0:
		p.Kin = Open
	case b.pieces.n > 0:
		p.Kin, p.Line, p.Text = Pieces, b.pieces.line, b.pieces.text
	}
	return p
}
