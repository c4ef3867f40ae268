// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/engine"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/query"
)

// A source is where sockets come from.
type source struct {
	From     string // a file, "-" for standard input, "" for the live host
	Engine   string
	Netns    string
	ProcRoot string
}

// check refuses combinations that make no sense.
func (s source) check() error {
	if s.From == "" {
		return nil
	}
	for flag, given := range map[string]bool{
		"--engine": s.Engine != "" && s.Engine != engine.Auto,
		"--netns":  s.Netns != "",
		"--proc":   s.ProcRoot != "",
	} {
		if given {
			return &problem.UsageError{
				Msg:  flag + " and --from exclude each other",
				Hint: "a file is read, not asked for: leave " + flag + " out",
			}
		}
	}
	return nil
}

// options are what the engines are told.
func (s source) options() engine.Options {
	o := engine.Options{Engine: s.Engine, Netns: s.Netns, ProcRoot: s.ProcRoot}
	if o.ProcRoot != "" && (o.Engine == "" || o.Engine == engine.Auto) {
		o.Engine = "procfs" // the only one that reads files
	}
	return o
}

// scanRows asks the live host, the snapshot or the listing.
func scanRows(ctx context.Context, in *input, q engine.Scan, visit engine.Visit) (*engine.Report, error) {
	switch {
	case in.snapshot != nil:
		return engine.RowsSnapshot(ctx, in.snapshot, q, visit)
	case in.listing != nil:
		return engine.RowsListing(ctx, in.listing, in.name, q, visit)
	default:
		return engine.Rows(ctx, in.options(), q, visit)
	}
}

// parseFilter reads a filter; an empty one is nil and chooses everything. Names
// of devices and cgroups mean those of the live host, or of the one that was saved.
func parseFilter(text string, in *input) (*query.Filter, error) {
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	return query.Parse(text, in.names())
}

// names are what a filter may call by name.
func (in *input) names() query.Options {
	if in.snapshot != nil {
		return engine.SnapshotFilterOptions(in.snapshot)
	}
	names := engine.FilterOptions(in.options())
	if in.listing != nil {
		return query.Options{Service: names.Service, Host: names.Host}
	}
	return names
}
