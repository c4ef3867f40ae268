// SPDX-License-Identifier: Apache-2.0

//go:build !unix

package userfile

import "os"

// deadly returns none: on this system only Ctrl-C ends a process by a signal, and
// that is handled where the command ends in order.
func deadly() []os.Signal { return nil }

func die(os.Signal) {}
