// SPDX-License-Identifier: Apache-2.0

package procfs

import "golang.org/x/sys/unix"

func acceptCalls() []int { return []int{unix.SYS_ACCEPT} }

func epollCalls() []int {
	return []int{unix.SYS_EPOLL_WAIT, unix.SYS_EPOLL_PWAIT, unix.SYS_EPOLL_PWAIT2}
}

func pollCalls() []int {
	return []int{unix.SYS_POLL, unix.SYS_PPOLL, unix.SYS_SELECT, unix.SYS_PSELECT6}
}
