// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/engine"
	"github.com/tcpvitals/tcpvitals/internal/metrics"
	"github.com/tcpvitals/tcpvitals/internal/owner"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/trace"
)

// An agent is the running program.
type agent struct {
	*call

	log    *slog.Logger
	level  *slog.LevelVar
	notify notifier
	host   *engine.Host // the host for counts
	reader *reader
	kept   History                  // nil if no history is kept
	album  *album                   // nil if no snapshots are kept
	now    atomic.Pointer[Settings] // the settings in use
	stream *stream
}

// errReload ends the reading of the host so that it begins again with other settings.
var errReload = problem.New("the configuration is read anew", "重新读取配置")

// garbage is by how many percent the heap may grow before it is collected. The heap
// of an agent is small, so that collecting it costs little: with 30 instead of 100 an
// idle agent holds 38.7 MiB instead of 41.7, and takes 0.49 s of a processor in its
// first 20 s instead of 0.42 s.
const garbage = 30

// serve runs until the context ends, which is no error.
func (c *call) serve(ctx context.Context) (err error) {
	defer debug.SetGCPercent(debug.SetGCPercent(garbage))
	a := &agent{call: c, level: new(slog.LevelVar), notify: newNotifier(c.env.Getenv)}
	a.log = a.logger()
	a.follow(c.settings)
	listener, err := a.listen(ctx)
	if err != nil {
		return err
	}
	a.stream = newStream(func() *metrics.Sample { return a.reader.Newest() }, ctx.Done())
	keepers := append(slices.Clip(c.env.Keepers), a.stream)
	if c.settings.DataDir != "" {
		if a.kept, err = c.env.Keep(&c.settings, c.env.Version, c.env.Now, a.log); err != nil {
			return errors.Join(err, listener.Close())
		}
		defer func() { err = errors.Join(err, a.kept.Close()) }()
		keepers = append(slices.Clip(keepers), a.kept)
	}
	traced := a.begin(ctx)
	if traced != nil {
		defer traced.Close() //nolint:errcheck // a trace is only read
	}
	hosts, err := c.hosts(traced)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	for _, h := range hosts {
		defer h.Close() //nolint:errcheck // a trace is only read
	}
	a.host = hosts[0]
	a.reader = newReader(hosts[0], hosts[1], hosts[2], a.log, c.clock(), c.env.Version, keepers...)
	a.reader.trace = traced
	if a.kept != nil {
		a.reader.receivers = a.kept.Receivers
	}
	if a.album, err = a.openAlbum(hosts[3]); err != nil {
		return errors.Join(err, listener.Close())
	}
	return a.begun(ctx, listener)
}

// begun looks for the first time and then serves. The first answer exists before the
// address is announced; making it also loads the programs that are needed.
func (a *agent) begun(ctx context.Context, listener net.Listener) error {
	a.tell(extendTimeout(firstLook))
	if err := a.reader.count(ctx, *a.now.Load()); err != nil {
		return errors.Join(err, listener.Close())
	}
	handler := a.handler()
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	looks := make(chan error, 1)
	go func() { looks <- a.look(ctx) }()
	if err := a.patient(ctx); err != nil {
		end(nil)
		<-looks //nolint:errcheck // ended by us, or by the same error
		return errors.Join(err, listener.Close())
	}
	a.giveUp()
	var thrift sync.WaitGroup
	thrift.Go(func() { a.giveBack(ctx) })
	defer func() { end(nil); thrift.Wait() }()
	return a.live(ctx, end, listener, handler, looks)
}

// giveBack gives the kernel the memory back that the start, and later what is done once
// in a while, has left behind: free parts of the heap, and code. It returns when the
// context ends.
func (a *agent) giveBack(ctx context.Context) {
	for {
		if err := a.host.DropCode(); err != nil {
			a.log.Debug("code that is not used stays in memory", "error", err)
		}
		if a.clock().Wait(ctx, thriftEvery) != nil {
			return
		}
		debug.FreeOSMemory()
	}
}

// thriftEvery is how often memory is given back. Collecting a heap of 10 MiB takes
// about 10 ms, and the code that is used comes back within as much.
const thriftEvery = time.Minute

// patient waits for the first examination, but not for long: on a host with thousands
// of network namespaces it takes minutes, and the count is there. It returns the error
// of that examination.
func (a *agent) patient(ctx context.Context) error {
	waits, end := context.WithCancel(ctx)
	defer end()
	late := make(chan struct{})
	go func() {
		if a.clock().Wait(waits, patience) == nil {
			close(late)
		}
	}()
	select {
	case err := <-a.reader.first:
		return err
	case <-late:
		a.log.Info("the first examination takes long, and goes on")
		return nil
	case <-ctx.Done():
		return nil // look tells
	}
}

// patience is how long the first answer waits for the first examination.
const patience = 10 * time.Second

// hosts opens four hosts that do not wait for each other: for counts, for
// examinations, for this process's own network namespace, and for snapshots. Opening
// one reads nothing.
func (c *call) hosts(traced *trace.Shared) (all [4]*engine.Host, err error) {
	var closers owner.Closers
	if traced != nil {
		closers = traced
	}
	for i, netns := range []string{c.settings.Netns, c.settings.Netns, "self", c.settings.Netns} {
		if all[i], err = c.open(true, netns, closers); err != nil {
			for _, opened := range all[:i] {
				_ = opened.Close() // nothing was read
			}
			return all, err
		}
	}
	return all, nil
}

// begin begins the trace if it is wanted and allowed. If it is not allowed, the
// reason is logged, and there are fewer metrics.
func (a *agent) begin(ctx context.Context) *trace.Shared {
	if a.settings.NoTrace {
		return nil
	}
	t, err := trace.Open(ctx, trace.Options{Netns: a.settings.Netns, Owners: true, Closers: true, Now: a.env.Now})
	if err != nil {
		a.log.Warn("transitions are not traced", "error", err)
		return nil
	}
	return trace.Share(t)
}

func (a *agent) logger() *slog.Logger {
	o := &slog.HandlerOptions{Level: a.level}
	if a.settings.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(a.env.Stderr, o))
	}
	return slog.New(slog.NewTextHandler(a.env.Stderr, o))
}

// follow puts checked settings into use.
func (a *agent) follow(s Settings) {
	_ = a.level.UnmarshalText([]byte(s.LogLevel)) // checked before
	a.now.Store(&s)
}

// listen opens the port before anything else: a second agent then ends without
// reading the host.
func (a *agent) listen(ctx context.Context) (net.Listener, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", a.settings.Listen)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, &problem.UsageError{
			Msg: a.settings.Listen + " is taken: another program listens there, perhaps another tcpvitalsd", Hint: "tcpvitals list 'state listen' shows which; --listen takes another",
			Zh: a.settings.Listen + " 已被占用：另一个程序在监听，可能是另一个 tcpvitalsd", HintZh: "用 tcpvitals list 'state listen' 查看是谁；用 --listen 换一个",
		}
	case err != nil:
		return nil, problem.Errorf("listen at %s: %w", "监听 %s：%w", a.settings.Listen, err)
	default:
		return limit(l, mostSockets), nil
	}
}

// giveUp drops the capabilities that are no longer needed. A failure is logged.
func (a *agent) giveUp() {
	if a.settings.KeepRights {
		return
	}
	if err := a.host.GiveUpRights(); err != nil {
		a.log.Warn("rights are kept", "error", err)
	}
}

// live serves until the looks end. end ends them.
func (a *agent) live(ctx context.Context, end context.CancelCauseFunc, l net.Listener, handler http.Handler, looks <-chan error) error {
	server := newServer(handler, isLoopback(l.Addr()), a.log)
	served := make(chan struct{})
	if a.settings.WebConfig != "" {
		l = &lookedAt{Listener: l, name: a.settings.WebConfig, log: a.log}
	}
	go func() {
		err := a.env.Exporter.Serve(l, server, a.settings.WebConfig, a.log)
		if !errors.Is(err, http.ErrServerClosed) && ctx.Err() == nil {
			end(problem.Errorf("answer at %s: %w", "在 %s 应答：%w", l.Addr(), err))
		}
		close(served)
	}()
	a.log.Info("tcpvitalsd answers", "address", l.Addr().String(), "version", a.env.Version)
	if a.env.Listening != nil {
		a.env.Listening(l.Addr())
	}
	a.tell("READY=1")
	go a.notify.watch(ctx, a.env.Wait, a.well)
	ended := a.goKeep(ctx)
	err := <-looks
	a.tell("STOPPING=1")
	// Requests in progress are still answered.
	rest, cancel := context.WithTimeout(context.WithoutCancel(ctx), endPatience)
	defer cancel()
	if stop := server.Shutdown(rest); stop != nil {
		_ = server.Close()
	}
	_ = l.Close()
	<-served // returned above
	end(nil)
	<-ended
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.Canceled) {
		return cause
	}
	if errors.Is(err, context.Canceled) {
		a.log.Info("tcpvitalsd ends")
	}
	return err
}

// goKeep takes snapshots in the background until the context ends. The channel is
// closed when they have ended.
func (a *agent) goKeep(ctx context.Context) <-chan struct{} {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if a.album != nil {
			a.album.run(ctx)
		}
	}()
	return ended
}

// firstLook is how long systemd is asked to wait for the first answer.
const firstLook = 15 * time.Minute

func (a *agent) tell(lines string) {
	if err := a.notify.tell(lines); err != nil {
		a.log.Warn("systemd cannot be notified", "error", err)
	}
}

// well reports whether the newest count is not older than within.
func (a *agent) well(within time.Duration) bool {
	last := a.reader.beat.Load()
	return last != nil && a.env.Now().Sub(*last) < within
}

// look reads the host with the present settings, and starts again when they change.
func (a *agent) look(ctx context.Context) error {
	for {
		turn, end := context.WithCancelCause(ctx)
		stop := make(chan struct{})
		go func() {
			defer close(stop)
			a.await(turn, end)
		}()
		err := a.reader.run(turn, *a.now.Load())
		again := errors.Is(context.Cause(turn), errReload)
		end(nil)
		<-stop
		switch {
		case !again:
			return err
		case ctx.Err() != nil: // stopped meanwhile
			return ctx.Err()
		}
	}
}

// await ends a turn when a valid new configuration was read. An invalid one is logged
// and changes nothing.
func (a *agent) await(turn context.Context, end context.CancelCauseFunc) {
	for {
		select {
		case <-turn.Done():
			return
		case <-a.env.Reload:
		}
		a.tell("RELOADING=1")
		next, flags, err := a.again()
		if err == nil && a.kept != nil {
			err = a.kept.Follow(&next)
		}
		if err != nil {
			a.log.Error("the configuration is wrong: the old one stays", "error", err)
			a.tell("READY=1")
			continue
		}
		for _, name := range differs(a.flags, flags) {
			a.log.Warn("this needs a restart", "setting", name)
		}
		a.follow(next)
		a.log.Info("the configuration was read anew")
		a.tell("READY=1")
		end(errReload)
		return
	}
}

// A preparer writes the answers for an examination in advance.
type preparer interface{ Prepare(s *metrics.Sample) }

// handler returns the handler for all paths.
func (a *agent) handler() http.Handler {
	mux := http.NewServeMux()
	compat := func() bool { return a.now.Load().Compat != "" }
	scraped := a.env.Exporter.Handler(a.reader.Newest, compat)
	a.reader.examinedIs = func(s *metrics.Sample) {
		if p, ok := scraped.(preparer); ok {
			p.Prepare(s)
		}
		if a.album != nil {
			a.album.look(s)
		}
	}
	mux.Handle("/metrics", scraped)
	mux.Handle("/api/v1/samples", a.stream)
	history := ""
	if a.kept != nil {
		mux.Handle("/api/v1/", a.kept.Handler())
		history = "/api/v1/    the history, as Prometheus answers\n"
	}
	mux.HandleFunc("/-/healthy", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("ok\n")) // the client has gone away if this fails
	})
	mux.HandleFunc("/-/ready", func(w http.ResponseWriter, _ *http.Request) {
		if !a.well(max(time.Minute, 10*a.now.Load().Every)) {
			http.Error(w, "the newest count is old", http.StatusServiceUnavailable)
			return
		}
		_, _ = w.Write([]byte("ok\n"))
	})
	mux.HandleFunc("/{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = w.Write([]byte("tcpvitalsd " + a.env.Version + "\n\n/metrics    for Prometheus\n/api/v1/samples  each sample as it is made, as server-sent events\n" + history + "/-/healthy  the program runs\n/-/ready    the newest count is recent\n"))
	})
	return mux
}
