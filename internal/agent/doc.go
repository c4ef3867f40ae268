// SPDX-License-Identifier: Apache-2.0

// Package agent is the program that runs on: it looks at this host again and
// again, answers over HTTP what it saw last, and hands each sample to who keeps
// it. What it is told stands in one table of settings, from which flags, the keys
// of its configuration file and their documentation are made.
//
// It knows no library that exports metrics: main hands that in, as another face.
package agent
