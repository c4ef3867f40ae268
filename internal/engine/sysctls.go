// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"errors"
	"io/fs"

	"github.com/tcpvitals/tcpvitals/internal/kernel/netns"
	"github.com/tcpvitals/tcpvitals/internal/kernel/sysctl"
	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// Sysctls are the kernel parameters that a scan was asked to read: by the
// inode of the network namespace, then by name. A parameter that the namespace
// does not have is not in it.
type Sysctls map[uint64]map[string]string

// readSysctls reads the parameters of the namespace of the calling thread. One
// that cannot be read is a gap; one that does not exist is none: which keys a
// kernel has is for the asker to know.
func (s *scanner) readSysctls(ns *netns.Namespace) {
	for _, name := range s.scan.Sysctls {
		value, err := sysctl.Read(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			s.report.note(problem.Gap{Source: name, Reason: err.Error()})
			continue
		}
		s.report.keep(ns.Inode, name, value)
	}
	if s.scan.OnSysctls != nil {
		s.scan.OnSysctls(ns.Inode, s.report.Sysctls[ns.Inode])
	}
}

func (r *Report) keep(inode uint64, name, value string) {
	if r.Sysctls == nil {
		r.Sysctls = Sysctls{}
	}
	if r.Sysctls[inode] == nil {
		r.Sysctls[inode] = map[string]string{}
	}
	r.Sysctls[inode][name] = value
}
