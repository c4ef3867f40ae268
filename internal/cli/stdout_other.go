// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package cli

// closedOutput is not known here.
func closedOutput() bool { return false }
