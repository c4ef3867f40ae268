// SPDX-License-Identifier: Apache-2.0

package hashwalk

import "errors"

// ErrSelfCheck is matched when the program does not find sockets that are
// there: this kernel is not as the program takes it to be, and no answer of it
// is to be trusted.
var ErrSelfCheck = errors.New("the walk in the kernel failed its self-check")
