// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"context"
	"net"
	"strconv"
	"time"
)

// A notifier tells systemd how the service is (sd_notify(3)); without systemd it
// tells nobody.
type notifier struct {
	socket   string
	watchdog time.Duration // tell within that time that all is well; 0 for never
}

// newNotifier reads what systemd says in the environment.
func newNotifier(getenv func(string) string) notifier {
	n := notifier{socket: getenv("NOTIFY_SOCKET")}
	if usec, err := strconv.ParseUint(getenv("WATCHDOG_USEC"), 10, 63); err == nil && n.socket != "" {
		n.watchdog = time.Duration(min(usec, uint64(24*time.Hour/time.Microsecond))) * time.Microsecond
	}
	return n
}

// tell sends lines such as READY=1. That it cannot is no reason to end.
func (n notifier) tell(lines string) error {
	if n.socket == "" {
		return nil
	}
	conn, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: n.socket, Net: "unixgram"})
	if err != nil {
		return err
	}
	defer conn.Close() //nolint:errcheck // a datagram is sent or not
	_, err = conn.Write([]byte(lines))
	return err
}

// watch says that all is well for as long as it is, until the context ends.
func (n notifier) watch(ctx context.Context, wait func(context.Context, time.Duration) error, well func(within time.Duration) bool) {
	if n.watchdog <= 0 {
		return
	}
	for wait(ctx, n.watchdog/3) == nil {
		if well(n.watchdog) {
			_ = n.tell("WATCHDOG=1") // systemd notices that it was not told
		}
	}
}
