// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package procfs

// Waiting returns ok false on this system.
func (p *Processes) Waiting(*Process) (*Waiting, bool) { return nil, false }
