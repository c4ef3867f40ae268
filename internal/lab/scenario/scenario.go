// SPDX-License-Identifier: Apache-2.0

package scenario

import (
	"time"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/lab/record"
	"github.com/tcpvitals/tcpvitals/internal/lab/script"
	"github.com/tcpvitals/tcpvitals/internal/lab/wire"
	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// Scenario is one experiment. It is read-only once made, and may be run any
// number of times at once.
type Scenario struct {
	Name  string // lower case with hyphens, such as "lost-last-ack"
	Topic string // what it is about, for grouping, such as "time-wait"
	Title knowledge.Text
	Claim knowledge.Text
	// See are the sources of the claim: RFC sections, kernel functions.
	See []string
	// Expected is the verdict that the experiment gave where it was written;
	// Holds in a user's script that does not say.
	Expected Verdict
	// Varies says between which kernels the verdict differs, so that any verdict
	// on the claim is as expected. It is "" for most.
	Varies string
	// Slow is about how long the experiment must wait in real time; 0 when it
	// takes less than 5 s. Slow ones are run only when asked for.
	Slow time.Duration
	// Needs are sysctls that the kernel must have.
	Needs []string
	// Families are those it can be made for; usually both.
	Families []socket.Family
	// File is where it came from; its lines are those of the events.
	File string
	// Script is what is done.
	Script *script.Script
}

// Options are the wishes for running a scenario. The zero value runs it for
// IPv4 over whatever wire there is.
type Options struct {
	Family socket.Family // 0: IPv4
	Wire   wire.Kind
	// TunDevice is the path of the TUN device node; "" is the usual one.
	TunDevice string
}

// Result is what running a scenario gave.
type Result struct {
	Scenario *Scenario
	Family   socket.Family
	Verdict  Verdict
	// Why says in a sentence what the verdict rests on, or what is missing.
	Why knowledge.Text
	// Err is set when the verdict is Failed (a [*script.RunError] points at the
	// line) or NotPossible (such as a [*problem.PermissionError]).
	Err error
	// Trace is everything that happened, as far as it got.
	Trace []*record.Event
	// Evidence is what the verdict rests on.
	Evidence []script.Evidence
	Wire     wire.Kind // what it ran over; Auto when it did not run
	Took     time.Duration
}

// AsExpected reports whether the verdict is the expected one and every
// observation came out as it is written.
func (r *Result) AsExpected() bool {
	if r.Scenario.Varies != "" {
		return r.Verdict != Failed && r.Verdict != NotPossible
	}
	return !r.surprising() && r.Verdict == r.Scenario.Expected
}

// surprising reports whether something came out otherwise than written.
func (r *Result) surprising() bool {
	for _, e := range r.Evidence {
		if !e.Held {
			return true
		}
	}
	return r.Verdict == Failed
}
