// SPDX-License-Identifier: Apache-2.0

package exporter

import (
	"log/slog"
	"net"
	"net/http"

	"github.com/prometheus/exporter-toolkit/web"
)

// Serve serves until the listener is closed. webConfig is a file that sets TLS and
// passwords, read anew for each connection; "" is without.
func (Exporter) Serve(l net.Listener, server *http.Server, webConfig string, log *slog.Logger) error {
	if webConfig == "" {
		return server.Serve(l)
	}
	return web.Serve(l, server, &web.FlagConfig{WebConfigFile: &webConfig}, log)
}

// CheckWebConfig reads such a file, and the certificates that it names.
func (Exporter) CheckWebConfig(name string) error { return web.Validate(name) }
