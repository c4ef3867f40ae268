// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package bpf

import "github.com/tcpvitals/tcpvitals/internal/problem"

// Check returns a [*problem.UnsupportedError].
func Check() error {
	return &problem.UnsupportedError{Feature: "eBPF", Reason: "only Linux has it", Zh: "这里不支持 eBPF：只有 Linux 才有"}
}
