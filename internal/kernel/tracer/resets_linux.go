// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"fmt"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/kernel/bpf"
)

// A resetReasons names why the kernel sends an RST: the enumeration sk_rst_reason,
// the third argument of the tracepoint tcp_send_reset from Linux 6.10 on. Its
// numbers differ from one kernel to the next.
type resetReasons struct {
	told  bool
	words map[uint32]string // nil until they are asked for
}

// resetsTold reports whether the kernel tells why it sends an RST.
func resetsTold() (bool, error) {
	args, err := bpf.TracepointArgs(resetting)
	return args > 2, err
}

const (
	resetEnum   = "sk_rst_reason"
	resetPrefix = "SK_RST_REASON_"
	// unspecified is the kernel's own word where it does not know; here also where
	// it does not tell.
	unspecified = "not-specified"
)

// ResetReason is the kernel's word for why an RST was sent, such as
// tcp-abort-on-close, by the number of an owner or a record.
func (t *Tracer) ResetReason(number uint16) string {
	r := &t.reasons
	if !r.told {
		return unspecified
	}
	if r.words == nil {
		words, err := bpf.Words(resetEnum)
		if err != nil {
			words = map[uint32]string{}
		}
		r.words = words
	}
	word, known := r.words[uint32(number)]
	if !known {
		return fmt.Sprintf("reason-%d", number)
	}
	return strings.ToLower(strings.ReplaceAll(strings.TrimPrefix(word, resetPrefix), "_", "-"))
}

// TellsResets reports whether this kernel tells why it sends an RST.
func (t *Tracer) TellsResets() bool { return t.reasons.told }
