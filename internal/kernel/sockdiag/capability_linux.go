// SPDX-License-Identifier: Apache-2.0

package sockdiag

import (
	"runtime"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// withoutNetAdmin runs do on a thread whose effective capabilities lack
// CAP_NET_ADMIN, and restores the capability afterwards.
//
// A netlink socket keeps the credentials with which it was opened. If these include
// CAP_NET_ADMIN, a dump carries an INET_DIAG_MARK for every socket
// (net/ipv4/tcp_diag.c tcp_diag_dump, net_admin). Opening without it spares
// attributes that nobody reads: an eighth of the time of a census of 1,000,000
// TIME_WAIT on Linux 6.18.
func withoutNetAdmin(do func() error) (err error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var own [2]unix.CapUserData
	const bit = 1 << unix.CAP_NET_ADMIN
	if unix.Capget(&header, &own[0]) != nil || own[0].Effective&bit == 0 {
		return do() // the thread has no CAP_NET_ADMIN
	}
	reduced := own
	reduced[0].Effective &^= bit
	if unix.Capset(&header, &reduced[0]) != nil {
		return do() // with the capability it works too, only slower
	}
	defer func() {
		if restored := unix.Capset(&header, &own[0]); restored != nil && err == nil {
			err = problem.Errorf("sock_diag: take CAP_NET_ADMIN again: %w", "sock_diag：恢复 CAP_NET_ADMIN：%w", restored)
		}
	}()
	return do()
}
