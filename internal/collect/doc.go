// SPDX-License-Identifier: Apache-2.0

// Package collect reads what is needed to judge a machine: its sockets, the
// kernel's counters and parameters of each network namespace, owners where they
// matter, and two looks where a rate is asked for. It fills what
// internal/diagnose judges, from whichever [engine.Source].
package collect
