// SPDX-License-Identifier: Apache-2.0

// Package exporter writes samples as Prometheus and OpenMetrics read them. It is
// the one package that knows client_golang, and the toolkit that secures what is
// served.
package exporter
