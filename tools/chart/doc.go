// SPDX-License-Identifier: Apache-2.0

// Package chart is the tests of packaging/chart, by the libraries of Helm and
// Kubernetes, which nothing else here needs: docs/decisions/0020.
package chart
