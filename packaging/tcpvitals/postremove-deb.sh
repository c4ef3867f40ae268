#!/bin/sh
# Purge: what the program wrote by itself goes, the journals of its changes. What
# somebody has confirmed to last is a setting of the machine: it stays, and is named.
set -e

[ "$1" = purge ] || exit 0

rm -rf /var/lib/tcpvitals
for file in /etc/sysctl.d/99-tcpvitals-*.conf; do
	[ ! -e "$file" ] || echo "tcpvitals: kept, as somebody has confirmed it: $file"
done
