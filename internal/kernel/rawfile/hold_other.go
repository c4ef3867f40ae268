// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package rawfile

import "io/fs"

// A Step is a part of the way to a directory.
type Step struct {
	Path  string
	Link  bool
	Owner uint32
	Mode  fs.FileMode
}

// Walk shows nothing here: at is the name.
func Walk(name string, _ func(Step) error) (at string, closeIt func(), err error) {
	return name, func() {}, nil
}
