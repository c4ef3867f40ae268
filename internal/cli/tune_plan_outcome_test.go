// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"errors"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/tune/plan"
)

// TestOutcomeOfPlan: a parameter that could not be read is not a refusal, and one
// accepted request is enough.
func TestOutcomeOfPlan(t *testing.T) {
	of := func(kinds ...plan.Kind) (answers []plan.Answer) {
		for _, k := range kinds {
			answers = append(answers, plan.Answer{Kind: k})
		}
		return answers
	}
	for _, tt := range []struct {
		answers []plan.Answer
		granted bool
		unread  bool
	}{
		{of(plan.Planned, plan.Refused, plan.NotReadable), true, true},
		{of(plan.AlreadySo), true, false},
		{of(plan.Refused, plan.Absent), false, false},
		{of(plan.Refused, plan.NotReadable), false, true},
		{nil, true, false},
	} {
		if got := !nothingGranted(tt.answers); got != tt.granted {
			t.Errorf("%v: granted %v", tt.answers, got)
		}
		if err := unread(tt.answers); errors.Is(err, errPartial) != tt.unread {
			t.Errorf("%v: %v", tt.answers, err)
		}
	}
}
