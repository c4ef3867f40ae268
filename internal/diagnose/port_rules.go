// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"fmt"
	"iter"
	"math/bits"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// The kernel parameters that decide which local port connect() may use.
const (
	SysctlPortRange     = "net.ipv4.ip_local_port_range"
	SysctlReservedPorts = "net.ipv4.ip_local_reserved_ports"
	SysctlTWReuse       = "net.ipv4.tcp_tw_reuse"
	SysctlTWReuseDelay  = "net.ipv4.tcp_tw_reuse_delay" // since Linux 6.14; before, the delay was one second
	SysctlTimestamps    = "net.ipv4.tcp_timestamps"
)

// PortSysctls lists them.
func PortSysctls() []string {
	return []string{SysctlPortRange, SysctlReservedPorts, SysctlTWReuse, SysctlTWReuseDelay, SysctlTimestamps}
}

// PortRules are the parsed parameters of one network namespace.
type PortRules struct {
	Low, High  uint16 // the range, both ends included
	Reserved   int    // ports of the range that are reserved
	TWReuse    uint8  // 0 never, 1 always, 2 on loopback only
	Delay      time.Duration
	Timestamps bool

	reserved portSet
}

// ParsePortRules parses the parameters. The range is required; a parameter that this
// kernel does not have gets the kernel's default.
func ParsePortRules(values map[string]string) (*PortRules, error) {
	r := &PortRules{TWReuse: 2, Delay: time.Second, Timestamps: values[SysctlTimestamps] != "0"}
	text := values[SysctlPortRange]
	if _, err := fmt.Sscan(text, &r.Low, &r.High); err != nil || r.Low > r.High {
		return nil, problem.Errorf("%s is %q", "%s 为 %q", SysctlPortRange, text)
	}
	if n, err := strconv.ParseUint(values[SysctlTWReuse], 10, 8); err == nil {
		r.TWReuse = uint8(n)
	}
	if ms, err := strconv.ParseUint(values[SysctlTWReuseDelay], 10, 32); err == nil {
		r.Delay = time.Duration(ms) * time.Millisecond
	}
	if err := r.reserve(values[SysctlReservedPorts]); err != nil {
		return nil, err
	}
	return r, nil
}

// ReadRules sets the parameters of a network namespace, which is needed before its
// first row. Without them the reading skips its rows.
func (r *PortReading) ReadRules(netns uint64, values map[string]string) error {
	rules, err := ParsePortRules(values)
	if err != nil {
		return err
	}
	if r.Rules == nil {
		r.Rules = map[uint64]*PortRules{}
	}
	r.Rules[netns] = rules
	return nil
}

// reserve parses a list such as 8080,9000-9010.
func (r *PortRules) reserve(list string) error {
	for part := range strings.SplitSeq(list, ",") {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		first, last, isRange := strings.Cut(part, "-")
		if !isRange {
			last = first
		}
		low, err1 := strconv.ParseUint(first, 10, 16)
		high, err2 := strconv.ParseUint(last, 10, 16)
		if err1 != nil || err2 != nil {
			return problem.Errorf("%s has %q", "%s 中有 %q", SysctlReservedPorts, part)
		}
		for p := low; p <= high; p++ {
			if r.inRange(uint16(p)) && r.reserved.add(uint16(p)) {
				r.Reserved++
			}
		}
	}
	return nil
}

func (r *PortRules) inRange(p uint16) bool { return r.Low <= p && p <= r.High }

// usable reports whether the kernel may choose the port by itself.
func (r *PortRules) usable(p uint16) bool { return r.inRange(p) && !r.reserved.has(p) }

// Capacity is how many ports the kernel can choose from.
func (r *PortRules) Capacity() int { return int(r.High) - int(r.Low) + 1 - r.Reserved }

// moreKnob is the parameter that gives more ports: a range of which most is reserved
// has them already.
func (r *PortRules) moreKnob() PortKnob {
	if r.Reserved > r.Capacity() {
		return KnobReserveLess
	}
	return KnobWidenRange
}

// preferred reports whether connect() tries the port in its first pass: these are the
// ports with the parity of the range's low end. bind() to port 0 tries the other ports
// first, to leave these to connect() (net/ipv4/inet_hashtables.c __inet_hash_connect;
// net/ipv4/inet_connection_sock.c inet_csk_find_open_port).
func (r *PortRules) preferred(p uint16) bool { return (p-r.Low)&1 == 0 }

// preferredCapacity is how many ports the first pass has.
func (r *PortRules) preferredCapacity() (n int) {
	for p := int(r.Low); p <= int(r.High); p += 2 {
		if !r.reserved.has(uint16(p)) {
			n++
		}
	}
	return n
}

// reuses reports whether the parameters allow connect() to take over a TIME_WAIT
// socket between two addresses once it is older than Delay. Both ends must also have
// used timestamps, see [PortReuse]; for this end the parameter tells
// (net/ipv4/tcp_ipv4.c tcp_twsk_unique).
func (r *PortRules) reuses(local, remote netip.Addr) bool {
	switch {
	case !r.Timestamps:
		return false
	case r.TWReuse == 1:
		return true
	default:
		return r.TWReuse == 2 && (local.IsLoopback() || remote.IsLoopback())
	}
}

// A portSet is a set of ports. It takes 8 KiB once it has more than a few; most of
// hundreds of namespaces have only a few.
type portSet struct {
	few   []uint16
	words []uint64 // nil while the set has few ports
}

const fewPorts = 32

// add adds a port and reports whether it is new.
func (s *portSet) add(p uint16) bool {
	if s.has(p) {
		return false
	}
	if s.words == nil && len(s.few) < fewPorts {
		s.few = append(s.few, p)
		return true
	}
	if s.words == nil {
		s.words = make([]uint64, 1<<16/64)
		for _, p := range s.few {
			s.put(p)
		}
		s.few = nil
	}
	s.put(p)
	return true
}

func (s *portSet) put(p uint16) { s.words[p>>6] |= 1 << (p & 63) }

func (s *portSet) has(p uint16) bool {
	if s.words == nil {
		return slices.Contains(s.few, p)
	}
	return s.words[p>>6]&(1<<(p&63)) != 0
}

func (s *portSet) len() int {
	n := len(s.few)
	for _, w := range s.words {
		n += bits.OnesCount64(w)
	}
	return n
}

// all are the ports of the set.
func (s *portSet) all() iter.Seq[uint16] {
	return func(yield func(uint16) bool) {
		for _, p := range s.few {
			if !yield(p) {
				return
			}
		}
		for i, w := range s.words {
			for ; w != 0; w &= w - 1 {
				if !yield(uint16(i<<6 + bits.TrailingZeros64(w))) {
					return
				}
			}
		}
	}
}

// union returns the ports that are in either set.
func union(a, b portSet) portSet {
	out := portSet{slices.Clone(a.few), slices.Clone(a.words)}
	for p := range b.all() {
		out.add(p)
	}
	return out
}

// countUnion returns how many ports are in either set.
func countUnion(a, b *portSet) (n int) {
	if a.words != nil && b.words != nil {
		for i, w := range a.words {
			n += bits.OnesCount64(w | b.words[i])
		}
		return n
	}
	n = a.len()
	for p := range b.all() {
		if !a.has(p) {
			n++
		}
	}
	return n
}
