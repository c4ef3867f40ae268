// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package procfs

import "context"

// HoldersOfUnlisted returns known false on this system.
func (FS) HoldersOfUnlisted(context.Context, uint64) ([]*Unlisted, bool, error) {
	return nil, false, nil
}

// Count returns 0.
func (*Unlisted) Count() uint64 { return 0 }
