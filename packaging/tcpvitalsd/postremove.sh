#!/bin/sh
# What the program has kept stays until it is purged.
set -e

if [ -d /run/systemd/system ]; then
	systemctl daemon-reload
fi
if [ "$1" = purge ]; then
	# Of a user that exists while it runs, systemd keeps it in private.
	rm -rf /var/lib/tcpvitalsd /var/lib/private/tcpvitalsd
fi
