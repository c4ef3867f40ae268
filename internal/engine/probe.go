// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"errors"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// A probe is a question to the machine that has three answers: yes, no, and that
// it could not be tried. The first two are kept; after the third it is asked
// again.
type probe struct {
	asked bool
	no    error // nil for yes
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
