// SPDX-License-Identifier: Apache-2.0

package rawfile

import "io/fs"

// A Step is one step on the way to a directory: a symbolic link or a directory.
type Step struct {
	Path  string
	Link  bool
	Owner uint32
	Mode  fs.FileMode
}
