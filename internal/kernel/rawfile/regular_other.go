// SPDX-License-Identifier: Apache-2.0

//go:build !unix

package rawfile

const notWaiting = 0
