// SPDX-License-Identifier: Apache-2.0

//go:build linux && !amd64

package procfs

import "golang.org/x/sys/unix"

// Newer architectures have no system calls of these names; they make accept(2),
// poll(2) and the like with other calls. 32-bit systems make accept(2) with a call
// that many share.
func acceptCalls() []int { return nil }

func epollCalls() []int { return []int{unix.SYS_EPOLL_PWAIT, unix.SYS_EPOLL_PWAIT2} }

func pollCalls() []int { return []int{unix.SYS_PPOLL, unix.SYS_PSELECT6} }
