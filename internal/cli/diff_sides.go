// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"slices"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/engine"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/render"
	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// A comparison is the two sides of a diff.
type comparison struct{ old, new *reading }

// A reading is one side: a snapshot or this host.
type reading struct {
	*input

	label  string // how the user calls it
	taken  time.Time
	boot   string // "" when it is not known
	scope  string
	filter *query.Filter
	report *engine.Report
}

// openComparison opens both sides. The caller closes them.
func openComparison(env *Env, o DiffOptions, args []string) (*comparison, error) {
	if args[0] == liveName {
		return nil, &problem.UsageError{Msg: "OLD must be a snapshot", Hint: "tcpvitals snapshot save before.snap makes one"}
	}
	newer := liveName
	if len(args) == 2 {
		newer = args[1]
	}
	if args[0] == stdinName && newer == stdinName {
		return nil, &problem.UsageError{Msg: "OLD and NEW cannot both be standard input", Hint: "name a file for one of them"}
	}
	if newer != liveName && (o.Netns != "" || o.Engine != "" && o.Engine != engine.Auto) {
		return nil, &problem.UsageError{Msg: "--netns and --engine choose how this host is read, but two files are compared", Hint: "leave them out"}
	}
	old, err := openReading(env, o, args[0], "")
	if err != nil {
		return nil, err
	}
	now, err := openReading(env, o, newer, old.scope)
	if err != nil {
		old.close()
		return nil, err
	}
	return &comparison{old, now}, nil
}

// openReading opens one side; this host in the scope of the older side, unless
// the user chose another one or it was that of another host.
func openReading(env *Env, o DiffOptions, name, scope string) (*reading, error) {
	s := source{From: name}
	if name == liveName {
		s = source{Engine: o.Engine, Netns: o.Netns}
		if s.Netns == "" && scope == "all" {
			s.Netns = scope
		}
	}
	in, err := s.open(env)
	if err != nil {
		return nil, err
	}
	r := &reading{input: in, label: name, taken: env.Now(), scope: s.Netns}
	switch {
	case in.snapshot != nil:
		m := &in.snapshot.Machine
		r.taken, r.boot, r.scope = m.Taken, m.Boot, m.Scope
	case name == liveName:
		r.boot, _ = engine.Boot() // "" is not known, and told so
		if r.scope == "" {
			r.scope = "self"
		}
	default:
		in.close()
		return nil, &problem.InputError{Name: in.name, Msg: "it is no snapshot", Hint: "tcpvitals snapshot save makes one"}
	}
	if r.filter, err = parseFilter(o.Filter, in); err != nil {
		in.close()
		return nil, err
	}
	return r, nil
}

func (c *comparison) close() {
	c.old.close()
	c.new.close()
}

// check refuses what cannot be compared.
func (c *comparison) check(keys query.Keys) error {
	if c.new.taken.Before(c.old.taken) {
		return &problem.UsageError{
			Msg:  fmt.Sprintf("%s is older than %s", c.new.label, c.old.label),
			Hint: "name the older one first",
		}
	}
	hidden := keys.Needs().Union(c.new.filter.Needs()).Intersect(redactedFields())
	if c.redacted() && hidden != (socket.FieldSet{}) {
		return &problem.UsageError{
			Msg:  c.whichRedacted() + " is redacted: addresses, users and command lines in it mean nothing in the other",
			Hint: "compare by other fields, such as --by process,state or sport, or snapshots that are not redacted",
		}
	}
	return nil
}

// redactedFields are those that snapshot save --redact replaces or drops.
func redactedFields() socket.FieldSet {
	return socket.FieldsOf(socket.FieldLocal, socket.FieldRemote, socket.FieldListener, socket.FieldUser, socket.FieldCommand)
}

func (c *comparison) redacted() bool { return c.whichRedacted() != "" }

func (c *comparison) whichRedacted() string {
	for _, r := range []*reading{c.old, c.new} {
		if r.snapshot != nil && r.snapshot.Machine.Redacted {
			return r.label
		}
	}
	return ""
}

// sameBoot reports whether a cookie means the same socket on both sides.
func (c *comparison) sameBoot() bool { return c.old.boot != "" && c.old.boot == c.new.boot }

// side is what is shown of a reading.
func (r *reading) side(env *Env) render.DiffSide {
	return render.DiffSide{Name: r.label, Time: r.taken, Host: r.host(env), Engine: r.report.Engine, Exact: r.report.Exact}
}

// gaps are those of both sides, and of comparing them.
func (c *comparison) gaps(d *query.Differences) []problem.Gap {
	var all []problem.Gap
	note := func(source, reason string) {
		all = append(all, problem.Gap{Source: source, Reason: reason, Structural: true})
	}
	switch {
	case c.redacted():
		note("listeners", "not compared: "+c.whichRedacted()+" is redacted, its addresses are not the real ones")
		note("stayed", "not known: "+c.whichRedacted()+" is redacted and does not tell its boot")
	case c.old.boot == "" || c.new.boot == "":
		note("stayed", "not known: the boot of one side is not known, and sockets can be told apart only within one boot")
	case !c.sameBoot():
		note("stayed", "not known: the two are of different boots or hosts, and sockets can be told apart only within one boot")
	case d.NoCookie > 0:
		note("stayed", fmt.Sprintf("not known of %d connections: %s read them without their cookies", d.NoCookie, c.new.report.Engine))
	}
	if c.old.scope != c.new.scope {
		note("netns", fmt.Sprintf("%s is of the network namespaces %q, %s of %q: what is in one of them only looks new or gone",
			c.old.label, c.old.scope, c.new.label, c.new.scope))
	}
	all = append(all, c.old.gaps("OLD")...)
	return append(all, c.new.gaps("NEW")...)
}

// gaps are those met in reading this side.
func (r *reading) gaps(side string) []problem.Gap {
	var all []problem.Gap
	for _, g := range append(slices.Clone(r.report.Gaps), r.report.Limits...) {
		g.Source = side + ": " + g.Source
		all = append(all, g)
	}
	return all
}
