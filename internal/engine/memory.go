// SPDX-License-Identifier: Apache-2.0

package engine

import "github.com/tcpvitals/tcpvitals/internal/kernel/mapped"

// DropCode gives back the memory of this program's code, most of which was used to start,
// or is used rarely. What is used comes back. Elsewhere than on Linux it does nothing.
func (*Host) DropCode() error { return mapped.DropOwn() }
