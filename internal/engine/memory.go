// SPDX-License-Identifier: Apache-2.0

package engine

import "github.com/tcpvitals/tcpvitals/internal/kernel/mapped"

// DropStart gives back the memory of the code that this program needed to start, once
// a host has answered. Elsewhere than on Linux it does nothing.
func (*Host) DropStart() error { return mapped.DropOwn() }
