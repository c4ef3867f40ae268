// SPDX-License-Identifier: Apache-2.0

// Package script is the text form of lab experiments: it parses .tcp files and runs
// them line by line on a testbed of internal/lab/testbed.
//
// It makes no verdict. It returns what was observed on the lines that are meant to
// prove or refute the claim, and internal/lab/scenario judges.
//
//	title: A SYN that nobody answers
//	expect: holds
//
//	kernel connect
//	expect SYN lost
//	proves state SYN_SENT
//
// A file begins with headers; the script follows the first empty line. Every line is
// one step: an actor or an observer, the name of the connection unless that is "a" (as
// in "peer b: FIN,ACK"), and the rest. The actors are kernel, the program under test;
// other, a second program at the far end of a relayed connection; and peer, the
// scripted TCP. [Verbs] lists them all.
package script
