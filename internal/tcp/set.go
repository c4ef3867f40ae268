// SPDX-License-Identifier: Apache-2.0

package tcp

import (
	"iter"
	"math/bits"
	"strings"
)

// StateSet is a set of states. Its bits are those of inet_diag's idiag_states
// (bit n for state n, include/uapi/linux/inet_diag.h), so it can be sent to the
// kernel unchanged.
type StateSet uint32

// SetOf returns the set of the given states.
func SetOf(states ...State) StateSet {
	var set StateSet
	for _, s := range states {
		set |= 1 << s
	}
	return set
}

// AllStates is every state that a census counts. It includes NewSynRecv, which
// is counted as SynRecv.
const AllStates StateSet = 1<<(maxState+1) - 2

// The groups of states that ss's filter language has names for
// (iproute2 misc/ss.c, scan_state).
const (
	// Connected is every state but LISTEN, CLOSE and BOUND.
	Connected = AllStates &^ (1<<Close | 1<<Listen | 1<<Bound)
	// SynchronizedSet is Connected without SYN_SENT.
	SynchronizedSet = Connected &^ (1 << SynSent)
	// Bucket is the states kept as minisockets: SYN_RECV and TIME_WAIT.
	Bucket StateSet = 1<<SynRecv | 1<<TimeWait | 1<<NewSynRecv
	// Big is the opposite of Bucket.
	Big = AllStates &^ Bucket
)

// Has reports whether s is in the set.
func (set StateSet) Has(s State) bool { return set&(1<<s) != 0 }

// Len returns how many states the set has, SynRecv and NewSynRecv counted as one.
func (set StateSet) Len() int { return bits.OnesCount32(uint32(set.reported())) }

// reported folds NewSynRecv into SynRecv.
func (set StateSet) reported() StateSet {
	if set.Has(NewSynRecv) {
		set = set&^(1<<NewSynRecv) | 1<<SynRecv
	}
	return set & AllStates
}

// All yields the states of the set in the kernel's order, each once, with
// NewSynRecv folded into SynRecv.
func (set StateSet) All() iter.Seq[State] {
	return func(yield func(State) bool) {
		for rest := set.reported(); rest != 0; rest &= rest - 1 {
			if !yield(State(bits.TrailingZeros32(uint32(rest)))) {
				return
			}
		}
	}
}

// String lists the states, separated by commas.
func (set StateSet) String() string {
	var parts []string
	for s := range set.All() {
		parts = append(parts, s.String())
	}
	return strings.Join(parts, ",")
}
