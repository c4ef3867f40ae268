#!/bin/sh
# A new program is what runs, where it runs. Nothing is started that was not.
set -e

if [ -d /run/systemd/system ]; then
	systemctl daemon-reload
	systemctl try-restart tcpvitalsd.service
fi
