// SPDX-License-Identifier: Apache-2.0

// Package web answers questions about the history over HTTP, in the words of
// Prometheus' API, so that Grafana and promtool take it for one.
//
// It only reads. Every question is bounded: its text, its time, the length of its
// answer; and as many as [history.Limits] says are answered at once.
package web
