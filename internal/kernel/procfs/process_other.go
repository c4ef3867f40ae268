// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package procfs

import (
	"context"
	"errors"
	"os"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

func (FS) scanProcesses(context.Context, ProcessOptions) (*Processes, error) {
	return nil, &problem.UnsupportedError{
		Feature: "finding the process of a socket",
		Reason:  "it is read from /proc, which only Linux has",
		Zh:      "这里不支持查找套接字的进程：它来自 /proc，只有 Linux 才有",
	}
}

func isGone(err error) bool { return errors.Is(err, os.ErrNotExist) }
