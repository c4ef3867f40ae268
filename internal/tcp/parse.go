// SPDX-License-Identifier: Apache-2.0

package tcp

import (
	"fmt"
	"strings"
)

// UnknownStateError is returned when a word is no state in any dialect.
type UnknownStateError struct {
	Word       string
	Suggestion string // the nearest state, "" if none is near enough
}

func (e *UnknownStateError) Error() string {
	if e.Suggestion == "" {
		return fmt.Sprintf("unknown TCP state %q", e.Word)
	}
	return fmt.Sprintf("unknown TCP state %q: did you mean %s?", e.Word, e.Suggestion)
}

// Chinese is the error in Chinese.
func (e *UnknownStateError) Chinese() string {
	if e.Suggestion == "" {
		return fmt.Sprintf("没有 TCP 状态 %q", e.Word)
	}
	return fmt.Sprintf("没有 TCP 状态 %q：是不是 %s？", e.Word, e.Suggestion)
}

// maxSpelling is the longest spelling after folding (BOUNDINACTIVE).
const maxSpelling = 13

// Parse returns the state that word names in any dialect: netstat, ss and its
// filters, the hex of /proc/net/tcp, BSD and macOS, Windows netstat,
// PowerShell and the RFC. Case, '-' and '_' do not matter.
// The error is an [*UnknownStateError].
func Parse(word string) (State, error) {
	if s, ok := ParseBytes([]byte(word)); ok {
		return s, nil
	}
	return 0, &UnknownStateError{Word: word, Suggestion: Suggest(word)}
}

// ParseBytes is [Parse] without allocation: ok is false when word is no state.
func ParseBytes(word []byte) (s State, ok bool) {
	var folded [maxSpelling]byte
	n := 0
	for _, c := range word {
		if c == '-' || c == '_' {
			continue
		}
		if 'a' <= c && c <= 'z' {
			c -= 'a' - 'A'
		}
		if n == maxSpelling {
			return 0, false
		}
		folded[n] = c
		n++
	}
	s = spelled(folded[:n])
	return s, s != 0
}

// spelled looks up a folded spelling: upper case, without '-' and '_'.
// It is a switch rather than a map so that it needs no package-level state and
// no allocation. The dialects are listed in kernel order; 01 to 0B are the
// numbers of /proc/net/tcp.
func spelled(w []byte) State {
	switch string(w) {
	case "ESTABLISHED", "ESTAB", "01":
		return Established
	case "SYNSENT", "02":
		return SynSent
	case "SYNRECV", "SYNRCV", "SYNRCVD", "SYNRECEIVED", "03":
		return SynRecv
	case "FINWAIT1", "04":
		return FinWait1
	case "FINWAIT2", "05":
		return FinWait2
	case "TIMEWAIT", "06":
		return TimeWait
	case "CLOSE", "CLOSED", "UNCONN", "UNCONNECTED", "DELETETCB", "07":
		return Close
	case "CLOSEWAIT", "08":
		return CloseWait
	case "LASTACK", "09":
		return LastAck
	case "LISTEN", "LISTENING", "0A":
		return Listen
	case "CLOSING", "0B":
		return Closing
	case "NEWSYNRECV", "0C":
		return NewSynRecv
	case "BOUND", "BOUNDINACTIVE", "0D":
		return Bound
	default:
		return 0
	}
}

// ParseSet returns the states that word names: a state in any dialect, or one
// of ss's groups (all, connected, synchronized, bucket, big; iproute2
// misc/ss.c scan_state). The error is an [*UnknownStateError].
func ParseSet(word string) (StateSet, error) {
	switch strings.ToLower(word) {
	case "all":
		return AllStates, nil
	case "connected":
		return Connected, nil
	case "synchronized":
		return SynchronizedSet, nil
	case "bucket":
		return Bucket, nil
	case "big":
		return Big, nil
	}
	s, err := Parse(word)
	if err != nil {
		return 0, err
	}
	if s == SynRecv || s == NewSynRecv {
		return SetOf(SynRecv, NewSynRecv), nil
	}
	return SetOf(s), nil
}

// Suggest returns the name of the state whose spelling is nearest to word, or "" if
// none is near enough.
func Suggest(word string) string {
	folded := strings.ToUpper(strings.NewReplacer("-", "", "_", "", " ", "").Replace(word))
	spellings := func(yield func(string) bool) {
		for s := range AllStates.All() {
			if !yield(strings.ReplaceAll(s.String(), "_", "")) {
				return
			}
		}
	}
	s, ok := ParseBytes([]byte(Nearest(folded, spellings, 1+len(folded)/3))) // one slip in three letters
	if !ok {
		return ""
	}
	return s.String()
}

// Distance is the optimal string alignment distance of a and b in bytes: insertions,
// deletions, substitutions and swaps of neighbours. All suggestions of words use it.
func Distance(a, b string) int {
	older := make([]int, len(b)+1)
	previous := make([]int, len(b)+1)
	for j := range previous {
		previous[j] = j
	}
	for i := 1; i <= len(a); i++ {
		current := make([]int, len(b)+1)
		current[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			current[j] = min(previous[j]+1, current[j-1]+1, previous[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				current[j] = min(current[j], older[j-2]+1)
			}
		}
		older, previous = previous, current
	}
	return previous[len(b)]
}

// Near returns [Distance] if it is at most most; most may be 3 at most. It examines
// only a few neighbours of each byte, and stops when all are too far.
func Near(a, b string, most int) (distance int, ok bool) {
	const widest = 2*3 + 1
	if most < 0 || 2*most+1 > widest || max(len(a)-len(b), len(b)-len(a)) > most {
		return 0, false
	}
	far := most + 1
	// In row i, column j is stored at j-i+most.
	var older, previous, current [widest + 1]int
	for k := range previous {
		older[k], previous[k] = far, far
		if j := k - most; j >= 0 && j <= min(most, len(b)) {
			previous[k] = j
		}
	}
	before := 0 // the smallest distance in the row above
	for i := 1; i <= len(a); i++ {
		nearest := far
		for k := range current {
			current[k] = far
		}
		for k := range 2*most + 1 {
			j := i + k - most
			switch {
			case j < 0 || j > len(b):
				continue
			case j == 0:
				current[k] = i
			default:
				cost := 1
				if a[i-1] == b[j-1] {
					cost = 0
				}
				d := min(previous[k]+cost, previous[k+1]+1)
				if k > 0 {
					d = min(d, current[k-1]+1)
				}
				if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
					d = min(d, older[k]+1)
				}
				current[k] = d
			}
			nearest = min(nearest, current[k])
		}
		if min(before, nearest) > most { // a swap looks back two rows
			return 0, false
		}
		older, previous, before = previous, current, nearest
	}
	d := previous[len(b)-len(a)+most]
	return d, d <= most
}
