// SPDX-License-Identifier: Apache-2.0

// Package procfs opens the files of /proc that tell of TCP sockets and their
// owners. It hands out their text; internal/listing reads it.
package procfs
