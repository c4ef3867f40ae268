// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/tcpvitals/tcpvitals/internal/command"
	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/engine"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/render"
	"github.com/tcpvitals/tcpvitals/internal/report"
	"github.com/tcpvitals/tcpvitals/internal/sampler"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// stdinName is the name of standard input on the command line.
const stdinName = "-"

// CensusOptions are the flags of census.
type CensusOptions struct {
	EveryOptions
	AtOptions

	From     string // a file, "-" for standard input, "" for the live host
	Output   string
	Engine   string
	Lang     string
	ProcRoot string
	Netns    string
	By       string
	Sum      string
	Top      int
	Sample   string // the part of the table to read, such as 1/64
	Within   time.Duration
	Explain  bool
	Verbose  bool
	Trace    time.Duration
	// Extrapolate attributes what was closed before the trace in proportion to what
	// was closed during it.
	Extrapolate bool

	beside *beside // the trace that runs at the same time
}

// AddFlags adds the flags of census to f.
func (o *CensusOptions) AddFlags(f *pflag.FlagSet) {
	f.StringVar(&o.From, "from", "", "count a `file` instead of this host: a snapshot, or a listing of netstat, ss or /proc/net/tcp; - is standard input")
	addOutputFlag(f, &o.Output)
	f.StringVar(&o.Engine, "engine", engine.Auto, "who reads the socket table: "+strings.Join(engine.Names(), ", "))
	addLangFlag(f, &o.Lang)
	addNetnsFlag(f, &o.Netns)
	f.StringVar(&o.By, "by", "", "count by these `fields` instead of state, separated by commas; addresses may be cut: remote/24")
	f.StringVar(&o.Sum, "sum", "", "add up these `fields` too, such as recvq,sendq")
	f.IntVar(&o.Top, "top", 0, "show the `N` greatest groups and the others as one (0: all)")
	f.StringVar(&o.Sample, "sample", "", "look at a `part` of the socket table, such as 1/64, and estimate; needs the engine hashwalk")
	durationVar(f, &o.Within, "within", 0, "estimate from as much of the table as can be looked at in this time, such as 2ms")
	f.BoolVar(&o.Explain, "explain", false, "say how the question would be answered, at what cost, and do not answer it")
	f.BoolVarP(&o.Verbose, "verbose", "v", false, "compare the count with the kernel's own numbers (sockstat, snmp), and explain what differs")
	durationVar(f, &o.Trace, "trace", 0, traceUsage)
	f.BoolVar(&o.Extrapolate, "extrapolate", false, "with --trace: share out what was closed before among the processes seen closing since, service by service, as inferred")
	o.EveryOptions.addFlags(f)
	o.AtOptions.addFlags(f)
	f.StringVar(&o.ProcRoot, "proc", "", "read the proc tree in this `directory` instead of /proc: that of a host mounted elsewhere, or a copy of net/tcp (engine procfs)")
}

func newCensusCommand(env *Env) *cobra.Command {
	var o CensusOptions
	cmd := &cobra.Command{
		Use:   "census [FILTER]",
		Short: "Count TCP connections by state, or by anything else",
		Long: `Count the TCP connections of this host by state, or by any fields: port, peer,
process, unit, container, namespace. A filter chooses which; tcpvitals
explain fields lists them.

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
  tcpvitals census 'state time-wait' --trace 66s --by process,unit
  tcpvitals census --every 1s
  tcpvitals census --every 1s --for 1m -o ndjson
  tcpvitals census -o json
  ss -tan | tcpvitals census --from -
  tcpvitals census --from netstat.txt
  tcpvitals census --from web1.snap --by process`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return runCensus(cmd.Context(), env, o, strings.Join(args, " "))
		},
	}
	o.AddFlags(cmd.Flags())
	completeReading(cmd, engine.Names())
	completeLists(cmd, "by", "sum")
	cmd.ValidArgsFunction = completeFilter
	return cmd
}

func runCensus(ctx context.Context, env *Env, o CensusOptions, filter string) error {
	if err := o.pickAt(env, o.Lang, &o.From); err != nil {
		return o.fromSeries(env, filter, err)
	}
	if err := o.check(); err != nil {
		return err
	}
	o.beside = &beside{divides: o.Extrapolate, lang: o.Lang}
	defer o.beside.end()
	src, err := o.source().open(env)
	if err != nil {
		return err
	}
	defer closing(src)
	q, err := o.question(env, filter, src)
	if err != nil {
		return err
	}
	if err := checkTrace(o.Trace, o.From, q.keys.Needs().Union(q.filter.Needs())); err != nil {
		return err
	}
	if o.Extrapolate {
		if err := checkExtrapolate(o.Trace, q.keys); err != nil {
			return err
		}
	}
	if o.Explain {
		return runExplainPlan(ctx, env, o.Output, src, q.counting(), o.Lang)
	}
	lang, err := language(env, o.Lang)
	if err != nil {
		return err
	}
	if err := o.beside.begin(ctx, env, o.Netns, o.Trace); err != nil {
		return err
	}
	look := func(ctx context.Context, _ *sampler.Sample[counts], at time.Time) (counts, error) {
		return o.look(ctx, env, src, q, at, lang)
	}
	if o.again() {
		return repeat(ctx, env, o.EveryOptions, o.Output, lang, look, showCounts)
	}
	c, err := look(ctx, nil, env.Now())
	if err != nil {
		return err
	}
	if err := c.write(env, o.Output); err != nil {
		return err
	}
	env.saysMissing(o.Output, c.gaps(), lang)
	if c.partial() {
		return errPartial
	}
	return nil
}

// check refuses what makes no sense, before anything is read.
func (o CensusOptions) check() error {
	if err := checkOutput(o.Output); err != nil {
		return err
	}
	return o.EveryOptions.check(o.Output, o.From != "", 0)
}

// counts are a census ready to be shown.
type counts interface {
	sighting
	write(env *Env, output string) error
	// whole returns all groups, including those that are not shown.
	whole() report.Counted
	// gaps returns what could not be read.
	gaps() []problem.Gap
	// estimated reports whether the numbers come from a sample.
	estimated() bool
}

// look counts once.
func (o CensusOptions) look(ctx context.Context, env *Env, src engine.Source, q question, at time.Time, lang knowledge.Lang) (counts, error) {
	if o.Extrapolate {
		if err := o.beside.divide(); err != nil {
			return nil, err
		}
	}
	if (q.sampled() || !q.byState()) && !o.Verbose {
		return o.lookBy(ctx, env, src, q, at, lang)
	}
	c, comparisons, err := o.take(ctx, src, q)
	if err != nil {
		return nil, err
	}
	about := src.About()
	return &censusView{
		census: c, comparisons: comparisons, once: about.Saved(), host: about.Host, title: title(about),
		now: about.At(at), took: env.Now().Sub(at), lang: lang, asked: q.filter.States(), filter: q.filter,
		scope: env.scope(o.Netns, o.files()),
	}, nil
}

// showCounts shows a count and its change since the previous one.
func showCounts(before, now *sampler.Sample[counts]) (sighting, []report.Change, error) {
	if before == nil {
		return now.Value, nil, nil
	}
	if before.Value.estimated() || now.Value.estimated() {
		return now.Value, nil, nil // estimates differ by chance
	}
	return now.Value, report.CensusChanges(before.Value.whole(), now.Value.whole(), now.Since), nil
}

// take counts; with -v it also reads the kernel's own numbers.
func (o CensusOptions) take(ctx context.Context, src engine.Source, q question) (*query.Census, []diagnose.Comparison, error) {
	if o.Verbose {
		return o.takeVerbose(ctx, src, q)
	}
	c, err := engine.Census(ctx, src, q.filter)
	return c, nil, err
}

// files returns the files that are counted instead of this host.
func (o CensusOptions) files() []string {
	if o.From == "" {
		return nil
	}
	return []string{o.From}
}

func (o CensusOptions) source() source {
	return source{From: o.From, Engine: o.Engine, ProcRoot: o.ProcRoot, Netns: o.Netns, Stays: o.again(), Traced: o.beside.closers(o.Trace)}
}

// censusView is what a census shows.
type censusView struct {
	census      *query.Census
	comparisons []diagnose.Comparison // nil without -v
	once        bool                  // the kernel's numbers were read once, not before and after
	host        string
	title       string // name of the host
	now         time.Time
	took        time.Duration
	lang        knowledge.Lang
	asked       tcp.StateSet // states that the filter allows
	filter      *query.Filter
	scope       command.Scope
}

func (v *censusView) write(env *Env, output string) error {
	switch output {
	case outputJSON:
		return report.JSON(env.Stdout, v.document())
	case outputNDJSON:
		return report.CensusNDJSON(env.Stdout, v.document())
	case outputCSV:
		return report.CensusCSV(env.Stdout, v.document())
	default:
		text, err := v.table(env)
		if err == nil {
			err = env.say(text)
		}
		return err
	}
}

func (v *censusView) table(env *Env) (string, error) {
	table := render.CensusTable{
		Census: v.census, Host: v.title, Took: v.took,
		Lang: v.lang, Width: env.width(), Colour: env.colour(), Asked: v.asked, Scope: v.scope,
	}
	text := table.String()
	if v.comparisons != nil {
		text += render.CrossCheck(v.comparisons, v.once, render.Options{Lang: v.lang, Width: env.reading(readingWidth), Colour: env.colour()})
	}
	return text, nil
}

func (v *censusView) json(w io.Writer) error { return report.JSON(w, v.document()) }

func (v *censusView) whole() report.Counted {
	d := v.document()
	return &d
}

func (v *censusView) estimated() bool { return false }

func (v *censusView) partial() bool { return v.census.Partial() }

func (v *censusView) gaps() []problem.Gap { return v.census.Gaps }

func (v *censusView) document() report.CensusDocument {
	d := report.NewCensusDocument(v.census, v.host, v.now)
	d.Filter, d.Notes = v.filter.String(), v.filter.Notes()
	if v.comparisons != nil {
		d.Reconciliation = report.NewCensusComparisons(v.comparisons)
	}
	return d
}
