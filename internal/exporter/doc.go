// SPDX-License-Identifier: Apache-2.0

// Package exporter writes samples for Prometheus and OpenMetrics. It is the only
// package that imports client_golang, and the toolkit for TLS and passwords.
package exporter
