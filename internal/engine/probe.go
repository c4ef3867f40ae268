// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"errors"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// A probe is a question to the machine with three answers: yes, no, could not be
// tried. Yes and no are remembered; after the third answer the question is asked
// again.
type probe struct {
	asked bool
	no    error // nil if the answer was yes
}

// ask returns the answer: nil for yes.
func (p *probe) ask(try func() error) error {
	if p.asked {
		return p.no
	}
	err := try()
	p.asked, p.no = conclusive(err), err
	return err
}

// conclusive reports whether asking again would give the same answer: rights
// and what the kernel was built with do not change under a program.
func conclusive(err error) bool {
	_, denied := errors.AsType[*problem.PermissionError](err)
	return err == nil || denied || errors.Is(err, problem.ErrNotSupported)
}
