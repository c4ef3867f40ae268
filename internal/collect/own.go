// SPDX-License-Identifier: Apache-2.0

package collect

import (
	"time"

	"github.com/tcpvitals/tcpvitals/internal/kernel/procfs"
)

// Own is the resources that this process itself uses, to be shown beside its results.
type Own struct {
	Known    bool
	CPU      time.Duration // processor time since the process began
	Resident uint64        // resident memory in bytes
}

// Spent returns a function that tells the processor time of this process so far, for a
// sampler; nil if it cannot be read. It includes work other than the sampler's passes:
// the sampler then reads less often, never more often.
func Spent() func() time.Duration {
	if !OwnUse().Known {
		return nil
	}
	return func() time.Duration { return OwnUse().CPU }
}

// OwnUse reads the resources of this process.
func OwnUse() Own {
	cpu, resident, ok := procfs.Self()
	return Own{Known: ok, CPU: cpu, Resident: resident}
}
