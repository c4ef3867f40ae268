// SPDX-License-Identifier: Apache-2.0

package kill

import "github.com/tcpvitals/tcpvitals/internal/kernel/rawfile"

// DropInput drops what was typed on a terminal and not yet read: it was no answer
// to what is asked afterwards.
func DropInput(fd int) error { return rawfile.DropInput(fd) }
