// SPDX-License-Identifier: Apache-2.0

package snapshot

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/subtle"
	"net/netip"
)

// A scrambler replaces addresses. Two addresses that share a prefix share one of the
// same length afterwards, and equal addresses stay equal: Crypto-PAn (Xu, Fan, Ammar,
// Moon: Prefix-Preserving IP Address Anonymization, ICNP 2002). Bit i is flipped by a
// keyed function of the bits before it.
//
// Unlike in the original, the bits that define a special range are never flipped:
// loopback stays loopback, private stays private, and no other address becomes one,
// because the kernel and the reader treat them differently. Not safe for concurrent
// use.
type scrambler struct {
	cipher cipher.Block
	pad    [aes.BlockSize]byte
	kept   []netip.Prefix
	cache  map[netip.Addr]netip.Addr
}

// maxCached bounds how many addresses the scrambler remembers: 10,000 peers with a
// million connections are common, a million peers are not.
const maxCached = 1 << 16

// newScrambler makes a scrambler from 32 random bytes.
func newScrambler(key [32]byte) (*scrambler, error) {
	c, err := aes.NewCipher(key[:16])
	if err != nil {
		return nil, err
	}
	s := &scrambler{cipher: c, kept: special(), cache: map[netip.Addr]netip.Addr{}}
	c.Encrypt(s.pad[:], key[16:])
	return s, nil
}

// special returns the ranges that keep their meaning (RFC 6890).
func special() []netip.Prefix {
	var all []netip.Prefix
	for _, text := range []string{
		"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16", "224.0.0.0/3",
		"::/96", "::ffff:0:0/96", "64:ff9b::/96", "2000::/3", "2001::/32", "2002::/16", "fc00::/7", "fe80::/10", "fe80::/64", "ff00::/8",
	} {
		all = append(all, netip.MustParsePrefix(text))
	}
	return all
}

// address returns the replacement of an address. Unspecified, loopback and invalid
// addresses stay. A zone stays.
func (s *scrambler) address(a netip.Addr) netip.Addr {
	if !a.IsValid() || a.IsUnspecified() || a.Unmap().IsLoopback() {
		return a
	}
	if to, ok := s.cache[a]; ok {
		return to
	}
	to := s.scramble(a)
	if len(s.cache) >= maxCached {
		clear(s.cache)
	}
	s.cache[a] = to
	return to
}

func (s *scrambler) scramble(a netip.Addr) netip.Addr {
	if a.Is4In6() || isNAT64(a) { // the same host as the IPv4 address without the prefix
		b := a.As16()
		to := s.address(netip.AddrFrom4([4]byte(b[12:]))).As4()
		copy(b[12:], to[:])
		return netip.AddrFrom16(b).WithZone(a.Zone())
	}
	bits := a.AsSlice()
	out := append([]byte(nil), bits...)
	free := s.freeBits(a)
	for i := range 8 * len(bits) {
		if !free[i] {
			continue
		}
		out[i/8] ^= s.bit(bits, i) << (7 - i%8)
	}
	to, _ := netip.AddrFromSlice(out)
	return to.WithZone(a.Zone())
}

// isNAT64 reports whether an address is an IPv4 address behind the well-known prefix
// (RFC 6052).
func isNAT64(a netip.Addr) bool {
	return netip.PrefixFrom(netip.AddrFrom16([16]byte{0, 0x64, 0xff, 0x9b}), 96).Contains(a.WithZone(""))
}

// bit returns 1 if the bit after the first n is to be flipped. It enciphers those n
// bits followed by a one and zeros, so that no two prefixes of an address have the
// same input. (Crypto-PAn itself fills up with a pad. If an address agrees with the
// pad in its next bit, two prefixes have the same input, and one address in some
// thousands stays unchanged.)
func (s *scrambler) bit(addr []byte, n int) byte {
	var in [aes.BlockSize]byte
	copy(in[:], addr[:n/8])
	rest := n % 8
	in[n/8] = addr[n/8]&^(0xff>>rest) | 0x80>>rest
	subtle.XORBytes(in[:], in[:], s.pad[:])
	in[aes.BlockSize-1] ^= byte(len(addr)) // IPv4 and IPv6 use different functions
	s.cipher.Encrypt(in[:], in[:])
	return in[0] >> 7
}

// freeBits returns which bits of an address may be flipped: not those at which a
// special range separates from other addresses, neither inside nor outside the range.
func (s *scrambler) freeBits(a netip.Addr) [128]bool {
	var free [128]bool
	for i := range free {
		free[i] = true
	}
	for _, p := range s.kept {
		if p.Addr().Is4() != a.Is4() {
			continue
		}
		// While the first n bits of both are equal, flipping bit n would move the
		// address into or out of the range.
		for n := 0; n < p.Bits() && netip.PrefixFrom(a.WithZone(""), n).Masked().Contains(p.Addr()); n++ {
			free[n] = false
		}
	}
	return free
}
