// SPDX-License-Identifier: Apache-2.0

// Package agent is tcpvitalsd: it examines this host at regular times, answers over
// HTTP with the newest sample, and passes each sample to its keepers. One table of
// settings defines the flags, the keys of the configuration file, and their
// documentation.
//
// The package imports no library for exporting metrics: main supplies the exporter,
// which is another face.
package agent
