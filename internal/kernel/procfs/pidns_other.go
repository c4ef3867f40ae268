// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package procfs

// OwnPIDNamespace returns false: there is no /proc.
func (FS) OwnPIDNamespace() bool { return false }
