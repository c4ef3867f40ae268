// SPDX-License-Identifier: Apache-2.0

// Package script is the text form of lab experiments: it parses .tcp files and
// performs them on a testbed of internal/lab/testbed, line by line.
//
// It knows nothing of verdicts; it reports what was observed on the lines that
// were to prove or to refute the claim, and internal/lab/scenario judges.
//
//	title: A SYN that nobody answers
//	expect: holds
//
//	kernel connect
//	expect SYN lost
//	proves state SYN_SENT
//
// A file begins with headers and has the script after the first empty line.
// Every line is one step: an actor or an observer, the connection it speaks of
// when that is not "a" (as in "peer b: FIN,ACK"), and the rest. The actors are
// kernel, the program under test; other, a second program at the far end of a
// relayed connection; and peer, the scripted TCP. [Verbs] lists them all.
package script
