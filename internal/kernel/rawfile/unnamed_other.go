// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package rawfile

import (
	"errors"
	"os"
)

// Unnamed is not supported here.
func Unnamed(string, uint32) (*os.File, error) { return nil, errors.ErrUnsupported }

// Link is not supported here.
func Link(*os.File, string) error { return errors.ErrUnsupported }
