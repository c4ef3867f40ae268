// SPDX-License-Identifier: Apache-2.0

package collect

import (
	"time"

	"github.com/tcpvitals/tcpvitals/internal/kernel/procfs"
)

// Own is what this process itself takes, for who tells it beside what it sees.
type Own struct {
	Known    bool
	CPU      time.Duration // of processors, since it began
	Resident uint64        // bytes of memory that it holds
}

// Spent returns what tells the processor time of this process so far, for a
// sampler; nil where it is not known. What runs beside the passes is in it: less is
// looked at then, not more.
func Spent() func() time.Duration {
	if !OwnUse().Known {
		return nil
	}
	return func() time.Duration { return OwnUse().CPU }
}

// OwnUse reads it.
func OwnUse() Own {
	cpu, resident, ok := procfs.Self()
	return Own{Known: ok, CPU: cpu, Resident: resident}
}
