// SPDX-License-Identifier: Apache-2.0

//go:build unix

package rawfile

import "syscall"

// notWaiting are flags for a file that may have become a FIFO or a terminal
// meanwhile.
const notWaiting = syscall.O_NONBLOCK | syscall.O_NOCTTY
