// SPDX-License-Identifier: Apache-2.0

package exporter

import (
	"log/slog"
	"net"
	"net/http"

	"github.com/prometheus/exporter-toolkit/web"

	"github.com/tcpvitals/tcpvitals/internal/userfile"
)

// Serve serves until the listener is closed. webConfig is a file that sets TLS and
// passwords, read anew for each connection; "" is without.
func (Exporter) Serve(l net.Listener, server *http.Server, webConfig string, log *slog.Logger) error {
	if webConfig == "" {
		return server.Serve(l)
	}
	return web.Serve(l, server, &web.FlagConfig{WebConfigFile: &webConfig}, log)
}

// longestWebConfig is how large such a file may be.
const longestWebConfig = 1 << 20

// CheckWebConfig reads such a file, and the certificates that it names. That it is
// a regular one of some length is looked at before the library reads whatever it is.
func (Exporter) CheckWebConfig(name string) error {
	if _, err := userfile.Read(name, longestWebConfig); err != nil {
		return err
	}
	return web.Validate(name)
}
