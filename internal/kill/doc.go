// SPDX-License-Identifier: Apache-2.0

// Package kill closes sockets of other processes, and only sockets that were shown to
// the user.
//
//	p, err := kill.Look(ctx, o)  // what matches, and what of it would be left alone
//	... somebody reads p and says yes ...
//	r, err := p.Kill(ctx)        // what became of each
//
// The user confirms a list of sockets, each identified by network namespace and
// cookie, a number that the kernel uses once per boot (net/core/sock_diag.c
// sock_gen_cookie). Kill looks a second time, in each namespace, and destroys the
// sockets of the list that still match the filter. A new socket, even with the same
// addresses, is not in the list. A socket that no longer matches, such as a
// connection that is active again, is left alone. Then Kill looks a third time; what
// it sees there counts more than the kernel's answers.
//
// The package decides nothing about output, questions or exit codes; internal/cli
// does.
package kill
