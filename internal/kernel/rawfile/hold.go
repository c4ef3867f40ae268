// SPDX-License-Identifier: Apache-2.0

package rawfile

import "io/fs"

// A Step is a part of the way to a directory: a link, or a directory.
type Step struct {
	Path  string
	Link  bool
	Owner uint32
	Mode  fs.FileMode
}
