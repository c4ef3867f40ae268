// SPDX-License-Identifier: Apache-2.0

// Package web answers queries of the history over HTTP, in the form of Prometheus'
// API, so that Grafana and promtool can use it as one.
//
// It only reads. Every query is limited: its text, its time and the length of its
// answer; and at most as many as [history.Limits] allows are answered at once.
package web
