// SPDX-License-Identifier: Apache-2.0

package kill

import "github.com/tcpvitals/tcpvitals/internal/kernel/rawfile"

// DropInput discards what was typed on a terminal but not read yet: it cannot be an
// answer to a later question.
func DropInput(fd int) error { return rawfile.DropInput(fd) }
