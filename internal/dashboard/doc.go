// SPDX-License-Identifier: Apache-2.0

// Package dashboard is the table of what the Grafana dashboard shows, and writes it
// as Grafana's classic JSON (schemaVersion 41), which every version from 10 on
// imports. The names of its metrics are those of internal/metrics.
package dashboard
