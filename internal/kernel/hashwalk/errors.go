// SPDX-License-Identifier: Apache-2.0

package hashwalk

import "github.com/tcpvitals/tcpvitals/internal/problem"

// ErrSelfCheck is matched if the program does not find sockets that exist. This
// kernel differs from what the program assumes, and no answer of the program can be
// trusted.
var ErrSelfCheck = problem.New("the walk in the kernel failed its self-check", "内核中的遍历没有通过自检")
