// SPDX-License-Identifier: Apache-2.0

// Package kill closes sockets of others, and only those that were shown.
//
//	p, err := kill.Look(ctx, o)  // what matches, and what of it would be left alone
//	... somebody reads p and says yes ...
//	r, err := p.Kill(ctx)        // what became of each
//
// What is confirmed is a list of sockets by network namespace and cookie, a
// number that the kernel gives once in a boot (net/core/sock_diag.c
// sock_gen_cookie). Kill looks a second time, in each namespace, and destroys
// what is in the list and still matches the filter: a socket that has come
// meanwhile, also at the same addresses, is not in the list, and one that does
// not match any more, such as a connection that has woken up, is left alone.
// Then it looks a third time, and believes what it sees there rather than what
// the kernel answered.
//
// It decides nothing about output, questions or exit codes; internal/cli does.
package kill
