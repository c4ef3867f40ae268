// SPDX-License-Identifier: Apache-2.0

package sockdiag

import (
	"runtime"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// withoutNetAdmin runs do on a thread whose effective capabilities lack
// CAP_NET_ADMIN, and gives it back afterwards.
//
// A netlink socket keeps the credentials it was opened with, and a dump for an
// administrator carries an INET_DIAG_MARK with every socket
// (net/ipv4/tcp_diag.c tcp_diag_dump, net_admin). Not being one for the moment
// of opening spares the kernel a million attributes that nobody reads: an
// eighth of the time of a census of 1,000,000 TIME_WAIT on Linux 6.18.
func withoutNetAdmin(do func() error) (err error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var own [2]unix.CapUserData
	const bit = 1 << unix.CAP_NET_ADMIN
	if unix.Capget(&header, &own[0]) != nil || own[0].Effective&bit == 0 {
		return do() // nothing to put down
	}
	reduced := own
	reduced[0].Effective &^= bit
	if unix.Capset(&header, &reduced[0]) != nil {
		return do() // it only costs time
	}
	defer func() {
		if restored := unix.Capset(&header, &own[0]); restored != nil && err == nil {
			err = problem.Errorf("sock_diag: take CAP_NET_ADMIN again: %w", "sock_diag：恢复 CAP_NET_ADMIN：%w", restored)
		}
	}()
	return do()
}
