// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/query"
)

// Auto lets the engine be picked: the best one that works here.
const Auto = "auto"

// Options says how to answer from the live host.
type Options struct {
	// Engine is Auto (also when empty) or the name of an engine, see [Names].
	Engine string
	// Netns says which network namespaces: "self" (also when empty), "all", a
	// path, a name, a process id or a container. Only Rows looks at others.
	Netns string
	// ProcRoot is where procfs is mounted; empty means the host's own.
	ProcRoot string
}

// An engine answers from the live host.
type engine struct {
	name   string
	census func(context.Context, Options) (*query.Census, error)
	rows   func(*scanner) error // nil for one that only counts
}

// live lists the engines for the live host, the best first. The first one pays
// only from a number of sockets on, see [Explain].
func live() []engine {
	return []engine{
		{name: hashwalkName, census: hashwalkCensus},
		{name: "sock_diag", census: sockdiagCensus, rows: sockdiagRows},
		{name: "procfs", census: procfsCensus, rows: procfsRows},
	}
}

// Names returns the names that Options.Engine takes.
func Names() []string {
	names := []string{Auto}
	for _, e := range live() {
		names = append(names, e.name)
	}
	return names
}

// RowNames returns the names of those that give rows: [Names] without the one
// that only counts.
func RowNames() []string {
	return slices.DeleteFunc(Names(), func(name string) bool { return name == hashwalkName })
}

// Census counts the TCP sockets of the live host's network namespace (that of
// the calling thread) by state.
//
// With Auto, an engine that is not available here is passed over and named
// among the gaps. The error is a [*problem.UsageError] for an unknown engine
// and a [*problem.UnsupportedError] when no engine works here.
func Census(ctx context.Context, o Options) (*query.Census, error) {
	chosen, err := choose(o.Engine)
	if err != nil {
		return nil, err
	}
	return withElsewhere(ctx, o, func() (*query.Census, error) {
		p, err := Explain(ctx, o, Counting{Keys: stateKeys(), Unowned: true})
		if err != nil {
			return nil, err
		}
		if !p.walks() {
			chosen = withoutWalk(chosen)
		}
		c, err := first(ctx, o, chosen)
		if err == nil {
			c.Gaps = append(c.Gaps, p.gaps...)
		}
		return c, err
	})
}

// first returns the answer of the first engine that works here.
func first(ctx context.Context, o Options, chosen []engine) (*query.Census, error) {
	var passedOver []problem.Gap
	var last error
	for _, e := range chosen {
		c, err := e.census(ctx, o)
		if err == nil {
			c.Engine = e.name
			c.Gaps = append(passedOver, c.Gaps...)
			return c, nil
		}
		if !passable(err) {
			return nil, err
		}
		passedOver = append(passedOver, problem.Gap{Source: e.name, Reason: err.Error(), Structural: true})
		last = err
	}
	return nil, last
}

func withoutWalk(engines []engine) []engine {
	return slices.DeleteFunc(engines, func(e engine) bool { return e.name == hashwalkName })
}

// choose returns the engines to try for a name.
func choose(name string) ([]engine, error) {
	all := live()
	if name == "" || name == Auto {
		return all, nil
	}
	for _, e := range all {
		if fold(e.name) == fold(name) {
			return []engine{e}, nil
		}
	}
	return nil, &problem.UsageError{
		Msg:  fmt.Sprintf("unknown engine %q", name),
		Hint: "engines are " + strings.Join(Names(), ", "),
	}
}

// fold lets "sockdiag", "sock-diag" and "sock_diag" be the same name.
func fold(name string) string {
	return strings.ReplaceAll(strings.ReplaceAll(strings.ToLower(name), "-", ""), "_", "")
}
