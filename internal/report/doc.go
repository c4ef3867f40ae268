// SPDX-License-Identifier: Apache-2.0

// Package report makes the documents for programs: JSON, lines of JSON, CSV, SARIF,
// and the performance data of monitoring plugins. docs/json.md describes them.
// Package internal/render draws answers for people.
//
// The package prints nothing and knows no terminal. Its documents are the same for
// every face.
package report
