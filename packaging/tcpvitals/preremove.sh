#!/bin/sh
# Before the program goes: not while a change of kernel parameters waits to be
# confirmed. What takes it back in time is the program.
set -e

case "$1" in
upgrade | failed-upgrade | deconfigure) exit 0 ;; # dpkg: a new one comes
1) exit 0 ;;                                      # rpm: one is left
esac

if [ -d /var/lib/tcpvitals/tune ] && tcpvitals tune status -o json 2>/dev/null | grep -q '"state": *"pending"'; then
	echo "tcpvitals: a change of kernel parameters waits to be confirmed (tcpvitals tune status)." >&2
	echo "tcpvitals: confirm it or roll it back first: tcpvitals tune confirm, tcpvitals tune rollback" >&2
	exit 1
fi
