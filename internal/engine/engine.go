// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/owner"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/query"
)

// Auto lets the program pick the engine: the best one that works here.
const Auto = "auto"

// Options says how to answer from the live host.
type Options struct {
	// Engine is Auto (also when empty) or the name of an engine, see [Names].
	Engine string
	// Netns says which network namespaces: "self" (also when empty), "all", a
	// path, a name, a process id or a container.
	Netns string
	// ProcRoot is where procfs is mounted; empty means the host's own.
	ProcRoot string
	// Stays says that the host will be asked many times, so that loading a program
	// once is worth the cost.
	Stays bool
	// Name is the host's own name for itself, shown in [About].
	Name string
	// Traced knows who closed sockets that no process has open any more; nil without
	// a trace.
	Traced owner.Closers
	// MostOfUsers bounds how many namespaces of users other than root a scan reads; 0
	// is 512. [Host.Count] reads all.
	MostOfUsers int
	// Most bounds how many namespaces a scan reads: those with most sockets; 0 reads
	// all. [Host.Count] reads all.
	Most int
}

// An engine is one way to read the sockets of the live host.
type engine struct {
	name   string
	census func(context.Context, *Host) (*query.Census, error)
	rows   func(*scanner) error // nil for an engine that only counts
}

// live lists the engines for the live host, best first. The first one is faster only
// above a certain number of sockets, see [Explain].
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

// RowNames returns the names of the engines that give rows: [Names] without the one
// that only counts.
func RowNames() []string {
	return slices.DeleteFunc(Names(), func(name string) bool { return name == hashwalkName })
}

// first returns the answer of the first engine that works here.
func first(ctx context.Context, h *Host, chosen []engine) (*query.Census, error) {
	var passedOver []problem.Gap
	var last error
	for _, e := range chosen {
		c, err := e.census(ctx, h)
		if err == nil {
			c.Engine = e.name
			c.Gaps = append(passedOver, c.Gaps...)
			return c, nil
		}
		if !passable(err) {
			return nil, err
		}
		passedOver = append(passedOver, problem.Failed(e.name, err).NeverShown())
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
		Msg:    fmt.Sprintf("unknown engine %q", name),
		Hint:   "engines are " + strings.Join(Names(), ", "),
		Zh:     fmt.Sprintf("没有引擎 %q", name),
		HintZh: "引擎有 " + strings.Join(Names(), "、"),
	}
}

// fold makes "sockdiag", "sock-diag" and "sock_diag" the same name.
func fold(name string) string {
	return strings.ReplaceAll(strings.ReplaceAll(strings.ToLower(name), "-", ""), "_", "")
}
