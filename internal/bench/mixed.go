// SPDX-License-Identifier: Apache-2.0

//go:build linux

package main

import (
	"context"
	"fmt"
	"os"
)

// mixed measures a host whose sockets are half in TIME_WAIT and half in ESTABLISHED,
// each half in its own namespace: one pass of ours, and one run of the other tool in
// each namespace.
func mixed(ctx context.Context, o options) ([]string, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	var spaces []string
	for _, state := range []string{"time-wait", "established"} {
		ns, stop, err := hold(ctx, o, state, o.sockets/2)
		if err != nil {
			return nil, err
		}
		defer stop()
		spaces = append(spaces, ns)
	}
	each := func(command string) string {
		return fmt.Sprintf("{ nsenter --net=%s %s; nsenter --net=%s %s; }", spaces[0], command, spaces[1], command)
	}
	name := fmt.Sprintf("%d of both in two namespaces, ", o.sockets)
	ours := o.program + " --netns all"
	awk := each("netstat -n") + " | " + oneLiner
	ss := each("ss -tan") + ` | awk '{++S[$1]} END {for(a in S) print(a,S[a])}'`
	missed, err := runCases(ctx, o, o.runs, []benchCase{
		{name: name + "against netstat and awk", ours: ours, theirs: awk, atLeast: 25, peakMiB: 25},
		{name: name + "against ss and awk", ours: ours, theirs: ss, atLeast: 12},
	})
	if err != nil {
		return nil, err
	}
	more, err := running(ctx, o, name, spaces, awk, ss)
	return append(missed, more...), err
}
