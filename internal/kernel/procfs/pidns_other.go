// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package procfs

// OwnPIDNamespace returns false: this system has no /proc.
func (FS) OwnPIDNamespace() bool { return false }
