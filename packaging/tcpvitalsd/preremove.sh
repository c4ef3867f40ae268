#!/bin/sh
# Before the program goes it ends, and is not started at boot any more.
set -e

case "$1" in
upgrade | failed-upgrade | deconfigure) exit 0 ;; # dpkg: a new one comes
1) exit 0 ;;                                      # rpm: one is left
esac

if [ -d /run/systemd/system ]; then
	systemctl disable --now --quiet tcpvitalsd.service
elif [ -L /etc/systemd/system/multi-user.target.wants/tcpvitalsd.service ]; then
	rm /etc/systemd/system/multi-user.target.wants/tcpvitalsd.service
fi
