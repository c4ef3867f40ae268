// SPDX-License-Identifier: Apache-2.0

package web

import (
	"log/slog"
	"time"

	"github.com/tcpvitals/tcpvitals/cmd/tcpvitalsd/internal/remote"
)

// Options say what history is kept.
type Options struct {
	// Dir is its directory, Retention how long a sample is kept, and MaxBytes how
	// much the blocks on disk may take, 0 for any number.
	Dir       string
	Retention time.Duration
	MaxBytes  int64
	// Version is that of the program, Now the clock.
	Version string
	Now     func() time.Time
	Log     *slog.Logger
	// Rules are files of rules that are evaluated each RuleEvery; Alertmanagers and
	// Webhooks are the URLs that are told what fires, with the Hostname as its instance.
	Rules, Alertmanagers, Webhooks []string
	RuleEvery                      time.Duration
	Hostname                       func() (string, error)
	// Receivers are the stores that the history is sent to.
	Receivers []remote.Receiver
}
