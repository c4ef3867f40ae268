// SPDX-License-Identifier: Apache-2.0

//go:build linux

package main

import (
	"context"
	"fmt"
)

// held measures sockets that processes have open. The other tools spend most of their
// time finding the owners.
func held(ctx context.Context, o options) ([]string, error) {
	n := o.sockets / 5
	ns, stop, err := hold(ctx, o, "established", n, "--fds")
	if err != nil {
		return nil, err
	}
	defer stop()
	in := "nsenter --net=" + ns + " "
	census := in + o.program + " census "
	// If a process may not be inspected, the answer is partial and the exit code is 3;
	// here only the time matters.
	partial := " || [ $? = 3 ]"
	name := fmt.Sprintf("%d held sockets, ", n)
	narrow := "state = established and sport = :80 and dport < 1200"
	missed, err := runCases(ctx, o, o.runs, []benchCase{
		{name: name + "by unit, against by state", ours: census + "--by unit", theirs: census + "--by state --engine sock_diag", atLeast: 0.66},
		{name: name + "state and port, against ss", ours: in + o.program + " list '" + narrow + "' -o csv", theirs: in + "ss -tanH state established '( sport = :80 and dport < :1200 )'", atLeast: 1},
	})
	if err != nil {
		return nil, err
	}
	slow, err := runCases(ctx, o, 1, []benchCase{
		{name: name + "by process, against ss -tanp", ours: census + "--by process" + partial, theirs: in + "ss -tanp", atLeast: 70, work: true},
		{name: name + "by process, against netstat -tanp", ours: census + "--by process" + partial, theirs: in + "netstat -tanp", atLeast: 20},
	})
	return append(missed, slow...), err
}
