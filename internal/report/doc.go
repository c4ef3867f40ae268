// SPDX-License-Identifier: Apache-2.0

// Package report holds the documents that machines read: JSON, lines of JSON,
// CSV, SARIF, and the performance data of monitoring plugins. docs/json.md
// describes them. How an answer is drawn for people is in internal/render.
//
// It prints nothing and knows no terminal; what it makes is the same for every
// face that hands it out.
package report
