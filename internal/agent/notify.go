// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"context"
	"net"
	"strconv"
	"time"
)

// A notifier reports the state of the service to systemd (sd_notify(3)); without
// systemd it does nothing.
type notifier struct {
	socket   string
	watchdog time.Duration // the interval in which systemd wants to hear that all is well; 0 for never
}

// newNotifier reads systemd's variables from the environment.
func newNotifier(getenv func(string) string) notifier {
	n := notifier{socket: getenv("NOTIFY_SOCKET")}
	if usec, err := strconv.ParseUint(getenv("WATCHDOG_USEC"), 10, 63); err == nil && n.socket != "" {
		n.watchdog = time.Duration(min(usec, uint64(24*time.Hour/time.Microsecond))) * time.Microsecond
	}
	return n
}

// tell sends lines such as READY=1. A failure does not end the agent.
func (n notifier) tell(lines string) error {
	if n.socket == "" {
		return nil
	}
	conn, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: n.socket, Net: "unixgram"})
	if err != nil {
		return err
	}
	defer conn.Close() //nolint:errcheck // a datagram is sent completely or not at all
	_, err = conn.Write([]byte(lines))
	return err
}

// extendTimeout is the line that asks systemd to wait longer for the next state.
func extendTimeout(wait time.Duration) string {
	return "EXTEND_TIMEOUT_USEC=" + strconv.FormatInt(wait.Microseconds(), 10)
}

// watch reports that all is well, as long as it is, until the context ends.
func (n notifier) watch(ctx context.Context, wait func(context.Context, time.Duration) error, well func(within time.Duration) bool) {
	if n.watchdog <= 0 {
		return
	}
	for wait(ctx, n.watchdog/3) == nil {
		if well(n.watchdog) {
			_ = n.tell("WATCHDOG=1") // systemd notices a missing report
		}
	}
}
