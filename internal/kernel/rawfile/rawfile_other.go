// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package rawfile

import (
	"io/fs"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

func unsupported() error {
	return &problem.UnsupportedError{Feature: "changing kernel parameters", Reason: "only Linux has them", Zh: "这里不支持修改内核参数：只有 Linux 才有"}
}

// Open is not supported here.
func (System) Open(string, int, uint32) (int, error) { return -1, unsupported() }

// Read is not supported here.
func (System) Read(int, []byte) (int, error) { return 0, unsupported() }

// Write is not supported here.
func (System) Write(int, []byte) (int, error) { return 0, unsupported() }

// Fsync is not supported here.
func (System) Fsync(int) error { return unsupported() }

// Truncate is not supported here.
func (System) Truncate(int, int64) error { return unsupported() }

// Close is not supported here.
func (System) Close(int) error { return unsupported() }

// Rename is not supported here.
func (System) Rename(_, _ string) error { return unsupported() }

// Unlink is not supported here.
func (System) Unlink(string) error { return unsupported() }

// Mkdir is not supported here.
func (System) Mkdir(string, uint32) error { return unsupported() }

// NoFollow is a flag for Open.
const NoFollow = 0

// Stat is not supported here.
func (System) Stat(int) (uint32, fs.FileMode, error) { return 0, 0, unsupported() }

// DropInput is not supported here.
func DropInput(int) error { return unsupported() }

// Links is not supported here.
func (System) Links(int) (uint64, error) { return 0, unsupported() }

// TryLock is not supported here.
func (System) TryLock(int) (bool, error) { return false, unsupported() }

// Names is not supported here.
func (System) Names(int) ([]string, error) { return nil, unsupported() }
