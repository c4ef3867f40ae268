// SPDX-License-Identifier: Apache-2.0

package hashwalk

import "github.com/tcpvitals/tcpvitals/internal/problem"

// ErrSelfCheck is matched when the program does not find sockets that are
// there: this kernel is not as the program takes it to be, and no answer of it
// is to be trusted.
var ErrSelfCheck = problem.New("the walk in the kernel failed its self-check", "内核中的遍历没有通过自检")
