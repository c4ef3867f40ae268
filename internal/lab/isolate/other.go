// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package isolate

import (
	"context"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// Inside returns false: this system has no network namespaces.
func Inside() bool { return false }

// Check returns a [*problem.UnsupportedError].
func Check() error {
	return &problem.UnsupportedError{
		Feature: "the lab", Reason: "it needs network namespaces of Linux", Zh: "这里不支持 lab：它需要 Linux 的网络命名空间",
		Hint:   "run it on Linux; lab list and lab show without running work everywhere",
		HintZh: "请在 Linux 上运行；lab list 和不运行的 lab show 在哪里都能用",
	}
}

// Again does not run anything.
func Again(context.Context, []string, Streams) (int, error) { return 0, Check() }
