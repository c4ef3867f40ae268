// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/engine"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/render"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// stdinName is how a user names standard input.
const stdinName = "-"

// CensusOptions are the flags of census.
type CensusOptions struct {
	From     string // a file, "-" for standard input, "" for the live host
	Output   string
	Engine   string
	Lang     string
	ProcRoot string
	Netns    string
	By       string
	Sum      string
	Top      int
	Sample   string // a part of the table, such as 1/64
	Within   time.Duration
	Explain  bool
	Verbose  bool
}

// AddFlags adds the flags of census to f.
func (o *CensusOptions) AddFlags(f *pflag.FlagSet) {
	f.StringVar(&o.From, "from", "", "count a `file` instead of this host: a snapshot, or a listing of netstat, ss or /proc/net/tcp; - is standard input")
	addOutputFlag(f, &o.Output)
	f.StringVar(&o.Engine, "engine", engine.Auto, "who reads the socket table: "+strings.Join(engine.Names(), ", "))
	f.StringVar(&o.Lang, "lang", "", "en or zh (default: from the locale)")
	f.StringVar(&o.Netns, "netns", "", "network namespaces: self, all, a path, a name, a process id or a container")
	f.StringVar(&o.By, "by", "", "count by these `fields` instead of state, separated by commas; addresses may be cut: remote/24")
	f.StringVar(&o.Sum, "sum", "", "add up these `fields` too, such as recvq,sendq")
	f.IntVar(&o.Top, "top", 0, "show the `N` greatest groups and the others as one (0: all)")
	f.StringVar(&o.Sample, "sample", "", "look at a `part` of the socket table, such as 1/64, and estimate; needs the engine hashwalk")
	f.DurationVar(&o.Within, "within", 0, "estimate from as much of the table as can be looked at in this time, such as 2ms")
	f.BoolVar(&o.Explain, "explain", false, "say how the question would be answered, at what cost, and do not answer it")
	f.BoolVarP(&o.Verbose, "verbose", "v", false, "set the kernel's own numbers (sockstat, snmp) beside the count, and explain what differs")
	f.StringVar(&o.ProcRoot, "proc", "", "read net/tcp below this `directory` instead of /proc (engine procfs)")
}

func newCensusCommand(env *Env) *cobra.Command {
	var o CensusOptions
	cmd := &cobra.Command{
		Use:   "census [FILTER]",
		Short: "Count TCP connections by state, or by anything else",
		Long: `Count the TCP connections of this host by state, or by any fields: port, peer,
process, unit, container, namespace. A filter chooses which; see docs/filter.md
and docs/fields.md.

Many sockets, or those of many namespaces, are counted inside the kernel where
CAP_BPF and CAP_PERFMON allow it; --explain says what will be done and why.
docs/hashwalk.md has more.

It needs no privilege otherwise. A listing pasted from another machine is counted as well
as the live host: netstat (Linux, busybox, macOS, BSD, Windows), ss,
/proc/net/tcp, or the two columns that awk made of it.`,
		Example: `  tcpvitals census
  tcpvitals census 'state time-wait' --by remote/24,sport --top 3
  tcpvitals census --by unit,state
  tcpvitals census --netns all --by netns
  tcpvitals census --netns all --by netns --sample 1/64
  tcpvitals census 'sport = :443' --by remote/24 --explain
  tcpvitals census -v
  tcpvitals census -o json
  ss -tan | tcpvitals census --from -
  tcpvitals census --from netstat.txt
  tcpvitals census --from web1.snap --by process`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return runCensus(cmd.Context(), env, o, strings.Join(args, " "))
		},
	}
	o.AddFlags(cmd.Flags())
	completeFlags(cmd, map[string][]string{
		"output": outputs(),
		"engine": engine.Names(),
		"lang":   languages(),
		"netns":  {"self", "all"},
		"by":     fieldNames(),
		"sum":    fieldNames(),
	})
	return cmd
}

func runCensus(ctx context.Context, env *Env, o CensusOptions, filter string) error {
	if err := checkOutput(o.Output); err != nil {
		return err
	}
	in, err := o.source().open(env)
	if err != nil {
		return err
	}
	defer in.close()
	q, err := o.question(filter, in)
	if err != nil {
		return err
	}
	if o.Explain {
		return runExplainPlan(ctx, env, o.Output, in, q.counting(), o.Lang)
	}
	if (q.sampled() || !q.byState()) && !o.Verbose {
		return runCensusBy(ctx, env, o, in, q)
	}
	lang, err := language(env, o.Lang)
	if err != nil {
		return err
	}
	started := env.Now()
	c, comparisons, err := o.take(ctx, in, q)
	if err != nil {
		return err
	}
	view := censusView{census: c, comparisons: comparisons, once: in.snapshot != nil, host: in.host(env), title: in.title(env), now: in.time(started), took: env.Now().Sub(started), lang: lang, asked: q.filter.States()}
	if err := view.write(env, o.Output); err != nil {
		return err
	}
	if c.Partial() {
		return errPartial
	}
	return nil
}

// take counts, with -v beside the kernel's own numbers.
func (o CensusOptions) take(ctx context.Context, in *input, q question) (*query.Census, []diagnose.Comparison, error) {
	if o.Verbose {
		return takeVerbose(ctx, in, q)
	}
	c, err := takeCensus(ctx, in, q)
	return c, nil, err
}

// takeCensus asks the live host, the snapshot or the listing.
// The plain question, all sockets of this namespace by state, has a way of its
// own that decodes no more than that.
func takeCensus(ctx context.Context, in *input, q question) (*query.Census, error) {
	switch {
	case !q.filter.All() || in.Netns != "" && in.Netns != "self":
		return countRows(ctx, in, q)
	case in.snapshot != nil:
		return engine.CensusSnapshot(ctx, in.snapshot)
	case in.listing != nil:
		return engine.CensusListing(ctx, in.listing, in.name)
	default:
		return engine.Census(ctx, in.options())
	}
}

func (o CensusOptions) source() source {
	return source{From: o.From, Engine: o.Engine, ProcRoot: o.ProcRoot, Netns: o.Netns}
}

// censusView is what there is to show of a census.
type censusView struct {
	census      *query.Census
	comparisons []diagnose.Comparison // nil without -v
	once        bool                  // their numbers were read once
	host        string
	title       string // the host for people
	now         time.Time
	took        time.Duration
	lang        knowledge.Lang
	asked       tcp.StateSet // by the filter
}

func (v censusView) write(env *Env, output string) error {
	switch output {
	case outputJSON:
		return render.JSON(env.Stdout, v.document())
	case outputNDJSON:
		return render.CensusNDJSON(env.Stdout, v.document())
	case outputCSV:
		return render.CensusCSV(env.Stdout, v.document())
	default:
		table := render.CensusTable{
			Census: v.census, Host: v.title, Took: v.took,
			Lang: v.lang, Width: env.width(), Colour: env.colour(), Asked: v.asked,
		}
		text := table.String()
		if v.comparisons != nil {
			text += render.Books(v.comparisons, v.once, render.Options{Lang: v.lang, Width: min(env.width(), readingWidth), Colour: env.colour()})
		}
		_, err := io.WriteString(env.Stdout, text)
		return err
	}
}

func (v censusView) document() render.CensusDocument {
	d := render.NewCensusDocument(v.census, v.host, v.now)
	if v.comparisons != nil {
		d.Reconciliation = render.NewCensusComparisons(v.comparisons)
	}
	return d
}

// completeFlags offers fixed words for flags. A name that is no flag is a
// mistake in this program.
func completeFlags(cmd *cobra.Command, words map[string][]string) {
	for flag, choices := range words {
		err := cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(choices, cobra.ShellCompDirectiveNoFileComp))
		if err != nil {
			panic(fmt.Sprintf("completion of --%s: %v", flag, err))
		}
	}
}
