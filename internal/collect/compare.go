// SPDX-License-Identifier: Apache-2.0

package collect

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/engine"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// A Comparison is two readings: of two snapshots, or of one snapshot and this host.
type Comparison struct{ Old, New *Side }

// A Side is one of the two readings of a Comparison.
type Side struct {
	Source engine.Source
	About  engine.About
	Label  string // how the user calls it
	Taken  time.Time
	Filter *query.Filter
	Report *engine.Report // when and how it was read

	spaces map[uint64]string // names of the network namespaces that were read, by inode
}

// Differences reads both sides and compares them by keys. It returns the top largest
// groups, or all groups if top is 0.
func (c *Comparison) Differences(ctx context.Context, keys query.Keys, top int) (*query.Differences, error) {
	d := query.NewDiff(query.DiffOptions{Keys: keys, SameBoot: c.SameBoot(), NoAddresses: c.Redacted()})
	if err := c.Old.read(ctx, d.OldSide()); err != nil {
		return nil, err
	}
	if err := c.New.read(ctx, d.NewSide()); err != nil {
		return nil, err
	}
	return d.Result(top), nil
}

func (s *Side) read(ctx context.Context, counter query.Counter) (err error) {
	m := &met{Counter: counter, spaces: map[uint64]string{}}
	s.Report, err = s.Source.Rows(ctx, engine.Scan{Filter: s.Filter, Fields: counter.Needs()}, m)
	s.spaces = m.spaces
	return err
}

// met feeds a counter and records which network namespaces the reading visits.
type met struct {
	query.Counter

	spaces map[uint64]string
}

// Enter notes the namespace.
func (m *met) Enter(space *engine.Space) error {
	if n := space.Netns; n != nil {
		m.spaces[n.Inode] = n.Name
	}
	return nil
}

// Leave does nothing.
func (*met) Leave(*engine.Space) error { return nil }

// Row takes a socket.
func (m *met) Row(s *socket.Socket) bool {
	m.Add(s)
	return true
}

// Unlike says why the two sides are not one machine at two times: then a group that
// only one side has neither appeared nor disappeared.
func (c *Comparison) Unlike() []knowledge.Text {
	a, b := c.Old.About, c.New.About
	switch {
	case c.Redacted():
		return nil // a redacted snapshot does not name its host or its boot
	case a.Host != b.Host && a.Host != "" && b.Host != "":
		return []knowledge.Text{knowledge.TwoHosts(a.Host, b.Host)}
	case a.Boot() != "" && b.Boot() != "" && !c.SameBoot():
		return []knowledge.Text{knowledge.TwoBoots()}
	case c.SameBoot() && c.apart():
		return []knowledge.Text{knowledge.TwoNamespaces(c.Old.places(), c.New.places())}
	default:
		return nil
	}
}

// apart reports whether the two sides have no network namespace in common.
func (c *Comparison) apart() bool {
	for inode := range c.Old.spaces {
		if _, both := c.New.spaces[inode]; both {
			return false
		}
	}
	return len(c.Old.spaces) > 0 && len(c.New.spaces) > 0
}

// places names the first few namespaces of a side.
func (s *Side) places() knowledge.Text {
	const most = 3
	var names []string
	for _, inode := range slices.Sorted(maps.Keys(s.spaces)) {
		name, number := s.spaces[inode], strconv.FormatUint(inode, 10)
		if name != number {
			name += " (" + number + ")"
		}
		names = append(names, name)
	}
	if len(names) > most {
		names = append(names[:most], "…")
	}
	return knowledge.ListedText(names)
}

// Partial reports whether some data of either side could have been read but was lost.
func (c *Comparison) Partial() bool { return c.Old.Report.Partial() || c.New.Report.Partial() }

// Check returns an error if the two sides cannot be compared by these keys.
func (c *Comparison) Check(keys query.Keys) error {
	if c.New.Taken.Before(c.Old.Taken) {
		return &problem.UsageError{
			Msg:    fmt.Sprintf("%s is older than %s", c.New.Label, c.Old.Label),
			Hint:   "name the older one first",
			Zh:     fmt.Sprintf("%s 比 %s 更旧", c.New.Label, c.Old.Label),
			HintZh: "请把旧的写在前面",
		}
	}
	hidden := keys.Needs().Union(c.New.Filter.Needs()).Intersect(redactedFields())
	if c.Redacted() && hidden != (socket.FieldSet{}) {
		return &problem.UsageError{
			Msg:    c.whichRedacted() + " is redacted: addresses and names in it mean nothing in the other, and there are no command lines",
			Hint:   "compare by other fields, such as --by state or sport, or snapshots that are not redacted",
			Zh:     c.whichRedacted() + " 已脱敏：其中的地址和名称在另一方没有意义，也没有命令行",
			HintZh: "请按其他字段比较，例如 --by state 或 sport，或使用未脱敏的快照",
		}
	}
	return nil
}

// redactedFields are the fields that snapshot save --redact replaces or drops.
func redactedFields() socket.FieldSet {
	return socket.FieldsOf(socket.FieldLocal, socket.FieldRemote, socket.FieldListener, socket.FieldUser, socket.FieldCommand,
		socket.FieldProcess, socket.FieldUnit, socket.FieldContainer, socket.FieldPod, socket.FieldCgroup, socket.FieldNetns, socket.FieldNetnsContainer,
		socket.FieldDevice, socket.FieldCongestion)
}

// Redacted reports whether redaction made the addresses of one side meaningless on the
// other.
func (c *Comparison) Redacted() bool { return c.whichRedacted() != "" }

func (c *Comparison) whichRedacted() string {
	for _, r := range []*Side{c.Old, c.New} {
		if r.About.Redacted {
			return r.Label
		}
	}
	return ""
}

// SameBoot reports whether a cookie means the same socket on both sides.
func (c *Comparison) SameBoot() bool {
	return c.Old.About.Boot() != "" && c.Old.About.Boot() == c.New.About.Boot()
}

// Gaps are the gaps of both readings and those of comparing them.
func (c *Comparison) Gaps(d *query.Differences) []problem.Gap {
	var all []problem.Gap
	note := func(source string, code problem.Code, args ...any) {
		all = append(all, problem.Unread(source, code, args...).NeverShown())
	}
	switch {
	case c.Redacted():
		note("listeners", problem.ListenersRedacted, c.whichRedacted())
		note("stayed", problem.StayedRedacted, c.whichRedacted())
	case c.Old.About.Boot() == "" || c.New.About.Boot() == "":
		note("stayed", problem.StayedNoBoot)
	case !c.SameBoot():
		note("stayed", problem.StayedOtherBoot)
	case d.NoCookie > 0:
		note("stayed", problem.StayedNoCookie, d.NoCookie, c.New.Report.Engine)
	}
	if c.Old.About.Scope != c.New.About.Scope {
		note("netns", problem.ScopesDiffer, c.Old.Label, strconv.Quote(c.Old.About.Scope), c.New.Label, strconv.Quote(c.New.About.Scope))
	}
	all = append(all, c.Old.gaps("OLD")...)
	return append(all, c.New.gaps("NEW")...)
}

// gaps are the gaps of reading this side.
func (s *Side) gaps(side string) []problem.Gap {
	var all []problem.Gap
	for _, g := range append(slices.Clone(s.Report.Gaps), s.Report.Limits...) {
		g.Side = side
		all = append(all, g)
	}
	return all
}
