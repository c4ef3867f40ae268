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

// Scenario is one experiment. It never changes once made, and may be run several times
// at once.
type Scenario struct {
	Name  string // lower case with hyphens, such as "lost-last-ack"
	Topic string // subject by which scenarios are grouped, such as "time-wait"
	Title knowledge.Text
	Claim knowledge.Text
	// See are the sources of the claim: RFC sections, kernel functions.
	See []string
	// Expected is the verdict that the experiment gave when it was written; Holds if a
	// user's script does not say.
	Expected Verdict
	// Varies says between which kernels the verdict differs; then every verdict on the
	// claim counts as expected. It is "" for most.
	Varies string
	// Slow is roughly how long the experiment must wait in real time; 0 if it takes
	// less than 5 s. Slow experiments run only on request.
	Slow time.Duration
	// Needs are sysctls, or counters written as "counter NAME", that the kernel must
	// have.
	Needs []string
	// Families are the address families for which it can be run; usually both.
	Families []socket.Family
	// File is the file that it came from; Line of an event is a line of it.
	File string
	// Script is the sequence of steps.
	Script *script.Script
}

// Options say how to run a scenario. The zero value runs it for IPv4 over any
// available wire.
type Options struct {
	Family socket.Family // 0: IPv4
	Wire   wire.Kind
	// TunDevice is the path of the TUN device node; "" means the usual one.
	TunDevice string
}

// Result is the result of running a scenario.
type Result struct {
	Scenario *Scenario
	Family   socket.Family
	Verdict  Verdict
	// Why is a sentence that says what the verdict rests on, or what is missing.
	Why knowledge.Text
	// Err is set if the verdict is Failed (a [*script.RunError] points at the line) or
	// NotPossible (such as a [*problem.PermissionError]).
	Err error
	// Trace has all events, up to the failure if there was one.
	Trace []*record.Event
	// Evidence are the observations on which the verdict rests.
	Evidence []script.Evidence
	Wire     wire.Kind // the wire that was used; Auto if the scenario did not run
	Took     time.Duration
}

// AsExpected reports whether the verdict is the expected one and every observation is
// as the script says.
func (r *Result) AsExpected() bool {
	if r.Scenario.Varies != "" {
		return r.Verdict != Failed && r.Verdict != NotPossible
	}
	return !r.surprising() && r.Verdict == r.Scenario.Expected
}

// surprising reports whether some result differs from the script.
func (r *Result) surprising() bool {
	for _, e := range r.Evidence {
		if !e.Held {
			return true
		}
	}
	return r.Verdict == Failed
}
