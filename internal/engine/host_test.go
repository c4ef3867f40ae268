// SPDX-License-Identifier: Apache-2.0

package engine_test

import (
	"context"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/engine"
	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// opened opens a host and closes it when the test ends.
func opened(t testing.TB, o engine.Options) *engine.Host {
	t.Helper()
	h, err := engine.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.Close() })
	return h
}

// each calls visit for the rows of a source.
func each(ctx context.Context, src engine.Source, q engine.Scan, visit func(*socket.Socket) bool) (*engine.Report, error) {
	return src.Rows(ctx, q, engine.Visit(visit))
}
