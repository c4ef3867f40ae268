// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package rights

import "errors"

// GiveUp returns [errors.ErrUnsupported].
func GiveUp(...Right) error { return errors.ErrUnsupported }

// Enough returns false.
func Enough(func() error, ...Right) bool { return false }
