// SPDX-License-Identifier: Apache-2.0

package exporter

import (
	"log/slog"
	"net"
	"net/http"

	"github.com/prometheus/exporter-toolkit/web"

	"github.com/tcpvitals/tcpvitals/internal/userfile"
)

// Serve serves until the listener is closed. webConfig is a file with settings for
// TLS and passwords, read again for each connection; "" is without.
func (Exporter) Serve(l net.Listener, server *http.Server, webConfig string, log *slog.Logger) error {
	if webConfig == "" {
		return server.Serve(l)
	}
	return web.Serve(l, server, &web.FlagConfig{WebConfigFile: &webConfig}, log)
}

// longestWebConfig is the greatest size of such a file in bytes.
const longestWebConfig = 1 << 20

// CheckWebConfig reads such a file and the certificates that it names. It checks that
// the file is regular and not too long before the library reads it.
func (Exporter) CheckWebConfig(name string) error {
	if _, err := userfile.Read(name, longestWebConfig); err != nil {
		return err
	}
	return web.Validate(name)
}
