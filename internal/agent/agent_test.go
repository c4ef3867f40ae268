// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/spf13/pflag"

	"github.com/tcpvitals/tcpvitals/internal/metrics"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/sampler"
)

// plain writes a sample in a simple format; the real encoder belongs to another
// package.
type plain struct{}

func (plain) Handler(newest func() *metrics.Sample, compat func() bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_ = plain{}.Text(w, newest(), compat())
	})
}

func (plain) Text(w io.Writer, s *metrics.Sample, compat bool) error {
	_, err := fmt.Fprintf(w, "series %d compat %v\n", metrics.Count(s), compat)
	return err
}

func (plain) Serve(l net.Listener, server *http.Server, _ string, _ *slog.Logger) error {
	return server.Serve(l)
}

func (plain) CheckWebConfig(name string) error {
	_, err := os.Stat(name)
	return err
}

// said is the output of a run.
type said struct{ out, err bytes.Buffer }

func testEnv(environ map[string]string) (*Env, *said) {
	s := &said{}
	return &Env{
		Stdout: &s.out, Stderr: &s.err, Getenv: func(name string) string { return environ[name] }, Now: time.Now, Wait: sampler.Wait,
		Hostname: func() (string, error) { return "host", nil }, Version: "v1", Exporter: plain{},
	}, s
}

func config(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "tcpvitalsd.yaml")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// TestConfig: an error is reported in one line with its place, in both languages, with
// a suggestion of what was meant.
func TestConfig(t *testing.T) {
	tests := []struct{ text, want, zh string }{
		{"", "the configuration is right", "配置正确"},
		{"# nothing\n", "the configuration is right", "配置正确"},
		{"listen: 127.0.0.1:9000\nevery: 2s\ntop: 5\nnetwork: [db=10.0.0.0/8, web=192.0.2.0/24]\ncompat: node-exporter\nkeep-rights: true\n", "the configuration is right", "配置正确"},
		{"listn: x\n", `line 1: there is no key "listn"` + "\n  did you mean listen?", "第 1 行：没有键 \"listn\"\n  是不是 listen？"},
		{"examine_every: 5s\n", "did you mean examine-every?", "是不是 examine-every？"},
		{"\nwhatever: x\n", `line 2: there is no key "whatever"` + "\n  keys are listen, ", "可用的键：listen、"},
		{"every: 1s\nevery: 2s\n", `line 2: "every" stands here twice`, "出现了两次"},
		{"every: fast\n", "line 1: every: ", "第 1 行：every："},
		{"every: 1ms\n", `every: "1ms" is not 100ms or more`, "不是 100ms 或更长"},
		{"every:\n", "line 1: a value, or a list of values, is wanted", "需要一个值或值的列表"},
		{"every: [1s, 2s]\n", "line 1: every takes one value", "every 只接受一个值"},
		{"every: {a: b}\n", "line 1: a value, or a list", "需要一个值"},
		{"- every\n", "line 1: keys and values are wanted", "需要键和值"},
		{"a: [\n", "this is no YAML: ", "不是 YAML："},
		{"retention: 30d\nevery: 2s\n", "the configuration is right", "配置正确"},
		{"retention: 1d2\n", "line 1: retention: ", "第 1 行：retention："},
		{"max-bytes: 1\n", `max-bytes: "1" is not 0, or 1048576 or more`, "不是 0 或至少 1048576"},
		{"listen: 127.0.0.1:99999\n", `listen: "127.0.0.1:99999" is not an address and a port`, "不是地址和端口"},
		{"top: 0\n", `top: "0" is not from 1 to 1000`, "不是 1 到 1000"},
		{"network: [db]\n", `line 1: network: "db" is not a name and a prefix`, "第 1 行：network"},
		{"compat: telegraf\n", `compat: "telegraf" is not node-exporter`, "不是 node-exporter"},
		{"listen: everywhere\n", `listen: "everywhere" is not an address and a port` + "\n  for example 127.0.0.1:9779", "例如 127.0.0.1:9779"},
		{"log-level: loud\n", "is not debug, info, warn or error", "不是 debug"},
		{"engine: magic\n", "is not one of auto", "下列之一"},
		{"data-dir: /tmp/h\nremote_write:\n  - url: https://store.example/api/v1/write\n    name: store\n    version: 2\n    remote_timeout: 10s\n    external_labels: {zone: a, job: ''}\n    basic_auth: {username: u, password_file: /p}\n    tls_config: {ca_file: /ca, cert_file: /c, key_file: /k, server_name: s}\n  - http://127.0.0.1:9090/api/v1/write\n", "the configuration is right", "配置正确"},
		{"data-dir: /tmp/h\nremote-write: http://127.0.0.1:9090/api/v1/write\n", "the configuration is right", "配置正确"},
		{"remote-write: http://127.0.0.1:9090/api/v1/write\n", "remote-write: there is no history to send\n  give data-dir too", "请同时给出 data-dir"},
		{"data-dir: /tmp/h\nremote-write: 127.0.0.1:9090\n", "line 2: remote-write: \"127.0.0.1:9090\" is not the URL of a store", "第 2 行：remote-write："},
		{"remote-write:\n- url: http://a/\n- url: http://a/other\n", "line 3: remote-write: two stores are called a: give one of them another name", "另取 name"},
		{"remote-write:\n- url: http://a/\n  basic_auth: {user: a}\n", "line 3: remote-write has no key \"user\"\n  keys are username, password_file", "可用的键：username、password_file"},
		{"remote-write:\n- url: http://a/\n  write_relabel_configs: []\n", "line 3: remote-write has no key \"write_relabel_configs\"\n  keys are authorization, ", "可用的键：authorization、"},
		{"remote-write:\n- url: http://a/\n  basic_auth: {username: a}\n", "takes both username and password_file", "password_file"},
		{"remote-write:\n- url: http://u:secret@a/\n", "give basic_auth with password_file", "password_file"},
		{"remote-write:\n- url: http://a/\n  version: 3\n", "version 3 of remote write is not known", "不支持"},
		{"remote-write:\n- url: http://a/\n  version: two\n", "line 3: cannot unmarshal", "cannot unmarshal"},
		{"remote-write:\n- url: http://a/\n  name: ../a\n", "is no name for a store", "不能作为存储的名称"},
		{"remote-write:\n- url: http://a/\n  external_labels: {__name__: x}\n", "is no name for a label", "不能作为标签名"},
		{"remote-write:\n- url: http://a/\n  remote_timeout: 1ms\n", "is not from 1s to 5m0s", "不在 1s 到"},
		{"remote-write:\n- url: http://a/\n  tls_config: {ca_file: /x}\n", "tls_config is for https", "只用于 https"},
		{"web-config: /nonexistent/web.yml\n", "/nonexistent/web.yml: ", "/nonexistent/web.yml"},
	}
	for _, tt := range tests {
		for lang, want := range map[string]string{"C": tt.want, "zh_CN.UTF-8": tt.zh} {
			env, said := testEnv(map[string]string{"LC_ALL": lang})
			code := Main(t.Context(), env, []string{"--check-config", "--config", config(t, tt.text)})
			if got := said.out.String() + said.err.String(); !strings.Contains(got, want) || (code == 0) != strings.Contains(tt.want, "right") || code != 0 && code != problem.ExitUsage {
				t.Errorf("%q in %s: exit code %d: %s", tt.text, lang, code, got)
			}
		}
	}
}

// TestEveryKeyIsAFlag: each setting is both a key and a flag, and is described in both
// languages.
func TestEveryKeyIsAFlag(t *testing.T) {
	env, _ := testEnv(nil)
	flags := Root(env).PersistentFlags()
	for _, s := range settings() {
		if flags.Lookup(s.name) == nil || s.help.En == "" || s.help.Zh == "" {
			t.Errorf("%s is no flag, or not said", s.name)
		}
	}
}

// TestErrorsShowWhatTheySay: input quoted in an error moves no cursor and begins no
// line.
func TestErrorsShowWhatTheySay(t *testing.T) {
	for _, args := range [][]string{{"--\x1b[2J\nx"}, {"--listen", "\x1b]0;x\x07\nFORGED:x"}, {"--config", "no\u202esuch\nfile"}, {"\x1b[2K"}} {
		for _, lang := range []string{"C", "zh_CN.UTF-8"} {
			env, said := testEnv(map[string]string{"LC_ALL": lang})
			code := Main(t.Context(), env, args)
			if text := said.err.String(); code != problem.ExitUsage && code != problem.ExitFailure || strings.ContainsAny(text, "\x1b\x07\u202e") || strings.Count(text, "\n") > 2 {
				t.Errorf("%q in %s: exit code %d: %q", args, lang, code, text)
			}
		}
	}
}

// TestCommandLineIsOverFile: flags override the file, also when the file is read
// again.
func TestCommandLineIsOverFile(t *testing.T) {
	env, _ := testEnv(nil)
	c := &call{env: env, config: config(t, "every: 5s\ntop: 7\nnetwork: [a=10.0.0.0/8]\n")}
	f := pflag.NewFlagSet("", pflag.ContinueOnError)
	c.settings.addFlags(f, "en")
	if err := f.Parse([]string{"--top", "9", "--listen", ":9000"}); err != nil {
		t.Fatal(err)
	}
	if err := c.settle(f); err != nil {
		t.Fatal(err)
	}
	if s := c.settings; s.Every != 5*time.Second || s.Top != 9 || s.Listen != ":9000" || len(s.Networks) != 1 {
		t.Errorf("%+v", s)
	}
	if err := os.WriteFile(c.config, []byte("every: 6s\ntop: 7\nlog-format: json\nlisten: ':1'\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s, flags, err := c.again()
	if err != nil || s.Every != 6*time.Second || s.Top != 9 || s.Listen != ":9000" || len(s.Networks) != 0 {
		t.Errorf("%+v, %v", s, err)
	}
	if names := differs(f, flags); !slices.Equal(names, []string{"log-format"}) {
		t.Errorf("take a new start: %v", names)
	}
}

// TestGuard: only reading is allowed, only under the names of this machine, and only a
// limited number of requests at once.
func TestGuard(t *testing.T) {
	stuck := make(chan struct{})
	slow := make(chan struct{}, mostAtOnce)
	h := guard(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			slow <- struct{}{}
			<-stuck
		}
	}), true)
	ask := func(method, host, path string) int {
		w := httptest.NewRecorder()
		r := httptest.NewRequestWithContext(t.Context(), method, "http://"+host+path, nil)
		h.ServeHTTP(w, r)
		if w.Header().Get("X-Content-Type-Options") != "nosniff" || w.Header().Get("Content-Security-Policy") == "" {
			t.Errorf("%s %s: headers %v", method, path, w.Header())
		}
		return w.Code
	}
	tests := []struct {
		method, host, path string
		want               int
	}{
		{"GET", "127.0.0.1:9779", "/metrics", 200},
		{"HEAD", "localhost", "/metrics", 200},
		{"GET", "[::1]:9779", "/", 200},
		{"GET", "LOCALHOST:1", "/", 200},
		{"POST", "127.0.0.1", "/metrics", 405},
		{"PUT", "127.0.0.1", "/", 405},
		{"DELETE", "127.0.0.1", "/api/v1/query", 405},
		{"POST", "127.0.0.1", "/api/v1/query_range", 200},
		{"GET", "evil.example:9779", "/metrics", 421},
		{"GET", "127.0.0.1.evil.example", "/metrics", 421},
		{"GET", "192.0.2.1:9779", "/metrics", 421},
	}
	for _, tt := range tests {
		if got := ask(tt.method, tt.host, tt.path); got != tt.want {
			t.Errorf("%s %s%s: %d, want %d", tt.method, tt.host, tt.path, got, tt.want)
		}
	}
	done := make(chan int)
	for range mostAtOnce {
		go func() { done <- ask("GET", "localhost", "/slow") }()
		<-slow
	}
	if got := ask("GET", "localhost", "/metrics"); got != http.StatusServiceUnavailable {
		t.Errorf("with %d beside: %d", mostAtOnce, got)
	}
	close(stuck)
	for range mostAtOnce {
		<-done
	}
	if got := ask("GET", "localhost", "/metrics"); got != 200 {
		t.Errorf("afterwards: %d", got)
	}
}

// TestLimit: connections beyond the limit wait until another one has ended.
func TestLimit(t *testing.T) {
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := limit(inner, 1)
	accepted := make(chan net.Conn)
	go func() {
		defer close(accepted)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			accepted <- c
		}
	}()
	for range 2 {
		c, err := net.Dial("tcp", inner.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
	}
	first := <-accepted
	select {
	case <-accepted:
		t.Error("two at once")
	case <-time.After(20 * time.Millisecond):
	}
	_, _ = first.Close(), first.Close()
	second := <-accepted
	defer second.Close()
	if err := errors.Join(l.Close()); err != nil {
		t.Error(err)
	}
	if _, more := <-accepted; more {
		t.Error("accepted after the end")
	}
}

// TestIdleMakeRoom: a client that keeps as many connections open as allowed, silent,
// within a request or between two, does not prevent others from being answered; a
// connection that is being answered is never closed.
func TestIdleMakeRoom(t *testing.T) {
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	asked, answer := make(chan bool), make(chan bool)
	mux := http.NewServeMux()
	mux.HandleFunc("/slow", func(w http.ResponseWriter, _ *http.Request) {
		asked <- true
		<-answer
		_, _ = io.WriteString(w, "slow")
	})
	mux.HandleFunc("/metrics", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "fine") })
	const most = 8
	server := newServer(mux, true, slog.New(slog.DiscardHandler))
	go server.Serve(limit(inner, most)) //nolint:errcheck // until it is closed
	t.Cleanup(func() { _ = server.Close() })
	url := "http://" + inner.Addr().String()
	get := func(path string) string {
		client := &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
		r, err := client.Get(url + path)
		if err != nil {
			return err.Error()
		}
		defer r.Body.Close()
		b, err := io.ReadAll(r.Body)
		return fmt.Sprint(string(b), err)
	}
	slow := make(chan string)
	go func() { slow <- get("/slow") }()
	<-asked
	for _, begins := range []string{"", "G", "GET /metrics HTTP/1.1\r\nHost: localhost\r\nX: ", "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n", "POST /api/v1/query HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n"} {
		for range 2 * most {
			c, err := net.Dial("tcp", inner.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			if _, err := io.WriteString(c, begins); err != nil && !errors.Is(err, syscall.ECONNRESET) && !errors.Is(err, syscall.EPIPE) {
				t.Fatal(err)
			}
		}
		for range 3 {
			if got := get("/metrics"); got != "fine<nil>" {
				t.Errorf("behind connections that say %q: %s", begins, got)
			}
		}
	}
	close(answer)
	if got := <-slow; got != "slow<nil>" {
		t.Errorf("who was being answered: %s", got)
	}
}

// TestLongStart: systemd is asked to wait before the host is read for the first time,
// and is told after it.
func TestLongStart(t *testing.T) {
	name := filepath.Join(t.TempDir(), "notify")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: name, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	ctx, end := context.WithCancel(t.Context())
	env, said := testEnv(map[string]string{"NOTIFY_SOCKET": name})
	env.Listening = func(net.Addr) { time.AfterFunc(100*time.Millisecond, end) }
	if code := Main(ctx, env, []string{"--listen", "127.0.0.1:0", "--netns", "self", "--no-trace"}); code != 0 {
		t.Skipf("it does not run here: exit code %d: %s", code, said.err.String())
	}
	b := make([]byte, 100)
	for _, want := range []string{"EXTEND_TIMEOUT_USEC=900000000", "READY=1", "STOPPING=1"} {
		_ = conn.SetReadDeadline(time.Now().Add(5 * time.Second))
		if n, _ := conn.Read(b); string(b[:n]) != want {
			t.Errorf("systemd hears %q, not %q", b[:n], want)
		}
	}
}

// keeping is a keeper that is a function.
type keeping func(context.Context)

func (k keeping) Take(ctx context.Context, _ *metrics.Sample) error { k(ctx); return nil }

// TestStoppedWhileReloading: who is stopped while the host is still being read with the
// old settings ends well.
func TestStoppedWhileReloading(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	reload := make(chan os.Signal, 1)
	env, said := testEnv(nil)
	env.Reload = reload
	var answers atomic.Bool
	var once sync.Once
	env.Listening = func(net.Addr) { answers.Store(true) }
	env.Keepers = []Keeper{keeping(func(turn context.Context) {
		if !answers.Load() {
			return
		}
		once.Do(func() {
			reload <- syscall.SIGHUP
			<-turn.Done() // the configuration was read anew
			stop()
		})
	})}
	code := Main(ctx, env, []string{"--listen", "127.0.0.1:0", "--netns", "self", "--no-trace", "--config", config(t, "top: 5\n")})
	if !answers.Load() {
		t.Skipf("it does not run here: exit code %d: %s", code, said.err.String())
	}
	if code != 0 || !strings.Contains(said.err.String(), "was read anew") || !strings.Contains(said.err.String(), "tcpvitalsd ends") {
		t.Errorf("exit code %d: %s", code, said.err.String())
	}
}

// TestPatient: the first answer waits for the first examination and has its error; it
// does not wait for one that takes long.
func TestPatient(t *testing.T) {
	broken := errors.New("broken")
	for name, tt := range map[string]struct {
		examined []error // what the first examination ends with; nothing while it goes on
		want     error
		asked    bool // whether the time that it waits has to pass
	}{
		"it works":   {[]error{nil}, nil, false},
		"it fails":   {[]error{broken}, broken, false},
		"it goes on": {nil, nil, true},
	} {
		env, said := testEnv(nil)
		passed := make(chan time.Duration, 1)
		env.Wait = func(ctx context.Context, d time.Duration) error {
			if !tt.asked {
				<-ctx.Done()
				return ctx.Err()
			}
			passed <- d
			return nil
		}
		a := &agent{call: &call{env: env}, log: slog.New(slog.NewTextHandler(&said.err, nil)), reader: newReader(nil, nil, nil, slog.New(slog.DiscardHandler), sampler.Options{Now: time.Now}, "v1")}
		for _, err := range tt.examined {
			_ = a.reader.takeExamined(t.Context(), &sampler.Sample[reading[look]]{Value: reading[look]{err: err}})
		}
		if err := a.patient(t.Context()); !errors.Is(err, tt.want) || tt.want == nil && err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if told := strings.Contains(said.err.String(), "goes on"); told != tt.asked || tt.asked && <-passed != patience {
			t.Errorf("%s: told %v", name, told)
		}
	}
}

// TestNotify: systemd is notified, and the watchdog only while everything works.
func TestNotify(t *testing.T) {
	name := filepath.Join(t.TempDir(), "notify")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: name, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	n := newNotifier(func(v string) string {
		return map[string]string{"NOTIFY_SOCKET": name, "WATCHDOG_USEC": "3000000"}[v]
	})
	heard := func() string {
		b := make([]byte, 100)
		_ = conn.SetReadDeadline(time.Now().Add(5 * time.Second))
		k, _ := conn.Read(b)
		return string(b[:k])
	}
	if err := n.tell("READY=1"); err != nil || heard() != "READY=1" {
		t.Errorf("ready: %v", err)
	}
	turns, well := 0, 0
	wait := func(_ context.Context, d time.Duration) error {
		if d != time.Second {
			t.Errorf("waits %v of 3 s", d)
		}
		if turns++; turns > 3 {
			return context.Canceled
		}
		return nil
	}
	n.watch(t.Context(), wait, func(time.Duration) bool { well++; return well != 2 })
	if first, second := heard(), heard(); first != "WATCHDOG=1" || second != "WATCHDOG=1" || well != 3 {
		t.Errorf("heard %q and %q", first, second)
	}
	if none := newNotifier(func(string) string { return "" }); none.tell("READY=1") != nil || none.watchdog != 0 {
		t.Error("without systemd")
	}
}
