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
				Hint: "a listing is read, not asked for: leave " + flag + " out",
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

// scanRows asks the live host or reads the listing.
func scanRows(ctx context.Context, env *Env, s source, q engine.Scan, visit engine.Visit) (*engine.Report, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	if s.From == "" {
		return engine.Rows(ctx, s.options(), q, visit)
	}
	in, name, err := openInput(env, s.From)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	return engine.RowsListing(ctx, in, name, q, visit)
}

// parseFilter reads a filter; an empty one is nil and chooses everything. Names
// of devices and cgroups mean those of the live host.
func parseFilter(text string, s source) (*query.Filter, error) {
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	names := engine.FilterOptions(s.options())
	if s.From != "" {
		names = query.Options{Service: names.Service, Host: names.Host}
	}
	return query.Parse(text, names)
}
