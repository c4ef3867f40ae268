// SPDX-License-Identifier: Apache-2.0

package web

import (
	"log/slog"
	"time"

	"github.com/tcpvitals/tcpvitals/cmd/tcpvitalsd/internal/remote"
)

// Options say what history to keep.
type Options struct {
	// Dir is its directory, Retention how long samples are kept, and MaxBytes the
	// greatest size of the blocks on disk, 0 for no limit.
	Dir       string
	Retention time.Duration
	MaxBytes  int64
	// Version is that of the program, Now the clock.
	Version string
	Now     func() time.Time
	Log     *slog.Logger
	// Rules are rules files, evaluated at the interval RuleEvery. Alertmanagers and
	// Webhooks are URLs to which alerts are sent, with Hostname as the label instance.
	Rules, Alertmanagers, Webhooks []string
	RuleEvery                      time.Duration
	Hostname                       func() (string, error)
	// Receivers are the stores to which the history is sent.
	Receivers []remote.Receiver
}
