// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package sockdiag

// A BoundProbe does not exist on this system.
type BoundProbe struct{}

// HoldBound returns a [*problem.UnsupportedError].
func HoldBound() (*BoundProbe, error) {
	_, err := Open()
	return nil, err
}

// Owns reports false.
func (*BoundProbe) Owns(Message) bool { return false }

// Close does nothing.
func (*BoundProbe) Close() {}
