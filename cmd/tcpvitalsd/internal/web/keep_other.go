// SPDX-License-Identifier: Apache-2.0

//go:build !linux || !(amd64 || arm64)

package web

import (
	"context"
	"net/http"
	"time"

	"github.com/tcpvitals/tcpvitals/cmd/tcpvitalsd/internal/remote"
	"github.com/tcpvitals/tcpvitals/internal/metrics"
	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// A Kept is a history; this system has none (docs/decisions/0019).
type Kept struct{}

// Keep is not supported.
func Keep(*Options) (*Kept, error) {
	return nil, problem.Errorf("keep a history: %w", "保存历史：%w", problem.ErrNotSupported)
}

// Look is not supported.
func Look(string, string, func() time.Time) (handler http.Handler, done func(), err error) {
	return nil, nil, problem.Errorf("read a history: %w", "读取历史：%w", problem.ErrNotSupported)
}

// Take keeps nothing.
func (*Kept) Take(context.Context, *metrics.Sample) error { return nil }

// Follow evaluates nothing.
func (*Kept) Follow([]string, time.Duration) error { return nil }

// Receivers are none.
func (*Kept) Receivers() []metrics.Receiver { return nil }

// CheckReceivers is not supported: there is no history to send.
func CheckReceivers([]remote.Receiver) error {
	return problem.Errorf("send a history: %w", "发送历史：%w", problem.ErrNotSupported)
}

// CheckRules is not supported: nothing evaluates rules on this system.
func CheckRules([]string) error {
	return problem.Errorf("evaluate rules: %w", "对规则求值：%w", problem.ErrNotSupported)
}

// Handler answers nothing.
func (*Kept) Handler() http.Handler { return http.NotFoundHandler() }

// Close ends nothing.
func (*Kept) Close() error { return nil }
