// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"fmt"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/kernel/bpf"
)

// A resetReasons knows the names of the reasons why the kernel sends an RST: the
// enumeration sk_rst_reason, the third argument of the tracepoint tcp_send_reset
// since Linux 6.10. Its numbers differ between kernels.
type resetReasons struct {
	told  bool
	words map[uint32]string // nil until first needed
}

// resetsTold reports whether this kernel tells why it sends an RST.
func resetsTold() (bool, error) {
	args, err := bpf.TracepointArgs(resetting)
	return args > 2, err
}

const (
	resetEnum   = "sk_rst_reason"
	resetPrefix = "SK_RST_REASON_"
	// unspecified is the kernel's own word for an unknown reason. It is used here
	// also if the kernel tells none.
	unspecified = "not-specified"
)

// ResetReason returns the kernel's word for why an RST was sent, such as
// tcp-abort-on-close, from the number in an Owner or a Record.
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
