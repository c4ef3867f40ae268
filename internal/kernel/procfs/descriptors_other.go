// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package procfs

import "context"

// NearLimit returns known false on this system.
func (FS) NearLimit(context.Context, float64) ([]Descriptors, bool, error) { return nil, false, nil }
