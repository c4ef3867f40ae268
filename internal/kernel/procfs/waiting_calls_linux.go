// SPDX-License-Identifier: Apache-2.0

//go:build linux && !amd64

package procfs

import "golang.org/x/sys/unix"

// The calls of a newer system: accept(2), poll(2) and the like are made by
// others there. 32-bit systems have accept(2) under a number that many share.
func acceptCalls() []int { return nil }

func epollCalls() []int { return []int{unix.SYS_EPOLL_PWAIT, unix.SYS_EPOLL_PWAIT2} }

func pollCalls() []int { return []int{unix.SYS_PPOLL, unix.SYS_PSELECT6} }
