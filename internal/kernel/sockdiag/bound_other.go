// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package sockdiag

// ShowsBound returns a [*problem.UnsupportedError].
func ShowsBound() (bool, error) {
	_, err := Open()
	return false, err
}
