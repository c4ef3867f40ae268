// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"net/netip"

	"github.com/tcpvitals/tcpvitals/internal/hostnames"
	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// services is the file with the names of ports.
const services = "/etc/services"

// names finds the names of the addresses that some columns show of sockets.
func (e *Env) names(ctx context.Context, columns []*socket.Field, all []*socket.Socket) *hostnames.Names {
	var addresses []netip.Addr
	for _, s := range all {
		for _, f := range columns {
			if v, ok := f.Value(s); ok && f.Type == socket.TypeAddress && v.Kind() == socket.Address {
				addresses = append(addresses, v.Addr())
			}
		}
	}
	lookup := e.Resolve
	if lookup == nil {
		lookup = hostnames.System()
	}
	return hostnames.Find(ctx, lookup, addresses, services)
}
