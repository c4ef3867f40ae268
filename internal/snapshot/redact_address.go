// SPDX-License-Identifier: Apache-2.0

package snapshot

import (
	"net/netip"
	"strings"
)

// replaceAddresses replaces every clear address in a text by the one that replaces it
// in rows, and keeps the port beside it. It leaves what can be read in two ways
// (300.10.20.30.40, a number in hex): the pieces of those are not known names and are
// replaced as names.
func (r *Redactor) replaceAddresses(all []token) []token {
	for i := 0; i < len(all); i++ {
		if !all[i].name || all[i].done {
			continue
		}
		from, to, replaced := r.colons(all, i)
		if replaced == "" {
			from, to, replaced = r.quad(all, i)
		}
		if replaced == "" {
			continue
		}
		quad := isDigits(all[to-1].text) && before(all, to-1) != ":" && before(all, to-1) != "::"
		all[from].text, all[from].name, all[from].done = replaced, true, true
		all = append(all[:from+1], all[to:]...)
		i = from
		keepPort(all, from, quad)
	}
	return all
}

// keepPort keeps the number after an address and a colon. For an IPv6 address without
// brackets the number may be a piece of a longer address, one that is cut off or has
// something in front of it.
func keepPort(all []token, i int, quad bool) {
	if sep := after(all, i); sep != "]:" && (sep != ":" || !quad) {
		return
	}
	if i+2 >= len(all) {
		return
	}
	if port := &all[i+2]; isDigits(port.text) && len(port.text) <= 5 {
		port.done = true
	}
}

// mostPieces is how many numbers an IPv6 address can have: six, and four of IPv4.
const mostPieces = 10

// colons finds the longest IPv6 address that begins at name i, or with the "::"
// before it. It returns which tokens the address covers. A "::" is separated from
// what else stands before or behind it.
func (r *Redactor) colons(all []token, i int) (from, to int, replaced string) {
	last := i
	for last+2 < min(len(all), i+2*mostPieces) && isHex(all[last].text) && (all[last+1].text == ":" || all[last+1].text == "::" || all[last+1].text == ".") && isHex(all[last+2].text) {
		last += 2
	}
	var run strings.Builder
	lead := strings.HasSuffix(before(all, i), "::")
	if lead {
		run.WriteString("::")
	}
	ends := make([]int, 0, 8)
	for at := i; at <= last; at++ {
		run.WriteString(all[at].text)
		ends = append(ends, run.Len())
	}
	text := run.String()
	for at := last; at >= i; at -= 2 {
		part := text[:ends[at-i]]
		tail := ""
		a, err := netip.ParseAddr(part)
		if err != nil && strings.HasPrefix(after(all, at), "::") {
			tail = "::"
			a, err = netip.ParseAddr(part + tail)
		}
		if err != nil || !a.Is6() {
			continue
		}
		replaced = r.addresses.address(a).String()
		from = i
		if lead {
			all[i-1].text = strings.TrimSuffix(all[i-1].text, "::")
		}
		if tail != "" {
			all[at+1].text = all[at+1].text[len(tail):]
		}
		return from, at + 1, replaced
	}
	return 0, 0, ""
}

// quad finds an IPv4 address that begins at name i: four numbers joined by the same
// sign, without a fifth number beside them.
func (r *Redactor) quad(all []token, i int) (from, to int, replaced string) {
	const size = 7 // four names and the three separators between them
	if i+size > len(all) {
		return 0, 0, ""
	}
	sep := all[i+1].text
	if len(sep) != 1 && (len(sep) != 4 || sep[0] != '\\') {
		return 0, 0, ""
	}
	numbers := make([]string, 0, 4)
	for at := i; at < i+size; at += 2 {
		if at > i && all[at-1].text != sep {
			return 0, 0, ""
		}
		numbers = append(numbers, all[at].text)
	}
	if before(all, i) == sep && i >= 2 && isDigits(all[i-2].text) || after(all, i+size-1) == sep && i+size+1 < len(all) && isDigits(all[i+size+1].text) {
		return 0, 0, ""
	}
	// Loopback addresses stay. Read backwards, most of them are real addresses.
	common := netip.PrefixFrom(netip.AddrFrom4([4]byte{127}), 16)
	a, err := netip.ParseAddr(strings.Join(numbers, "."))
	if err != nil || a.IsLoopback() && !common.Contains(a) {
		return 0, 0, ""
	}
	return i, i + size, strings.ReplaceAll(r.addresses.address(a).String(), ".", sep)
}
