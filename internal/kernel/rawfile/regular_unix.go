// SPDX-License-Identifier: Apache-2.0

//go:build unix

package rawfile

import "syscall"

// notWaiting is for what may have become a FIFO or a terminal meanwhile.
const notWaiting = syscall.O_NONBLOCK | syscall.O_NOCTTY
