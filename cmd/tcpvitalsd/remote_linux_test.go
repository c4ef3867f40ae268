// SPDX-License-Identifier: Apache-2.0

//go:build amd64 || arm64

package main

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"math"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tcpvitals/tcpvitals/cmd/tcpvitalsd/internal/history"
	"github.com/tcpvitals/tcpvitals/cmd/tcpvitalsd/internal/remote"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// An outage of an hour, as the trial makes it: series that have a sample each second.
const (
	outage       = time.Hour
	outageSeries = 60
)

// historyKept makes a history that ends a minute ago, whose receiver was away all the
// time: the cursor stands at its beginning.
func historyKept(t *testing.T, dir, receiver string, long, every time.Duration, series int) {
	t.Helper()
	db, err := history.Open(history.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	cursors := filepath.Join(dir, "remote-write")
	if err := os.Mkdir(cursors, 0o700); err != nil {
		t.Fatal(err)
	}
	s, err := remote.Start(db, []remote.Receiver{{Name: receiver, URL: "http://127.0.0.1:1/", Timeout: time.Second}}, &remote.Options{Dir: cursors, Now: time.Now, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	s.Stop()
	w, begin := db.Writer(), time.Now().Add(-long-time.Minute)
	for n := range int(long / every) {
		var points []history.Point
		for i := range series {
			if i == 7 && n%100 == 50 {
				continue // a series that ends, and comes again
			}
			points = append(points, history.Point{Name: "kept", Labels: []history.Label{{Name: "series", Value: fmt.Sprint(i)}}, Value: float64(n * i)})
		}
		if err := w.Append(t.Context(), begin.Add(time.Duration(n)*every), slices.Values(points)); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// everything asks for all samples and returns them by series. It leaves out what differs
// between the sender and its receivers: the labels that a receiver gets in addition, and
// the marks for the end of a series.
func everything(t *testing.T, a *running, at time.Time) (all map[string][]moment, samples int) {
	t.Helper()
	query := fmt.Sprintf(`{__name__=~".+"}[%ds]`, int(2*outage/time.Second))
	body, code := a.get("/api/v1/query?query=" + url.QueryEscape(query) + fmt.Sprintf("&time=%d", at.Unix()))
	var answer struct {
		Data struct {
			Result []struct {
				Metric map[string]string
				Values [][2]any
			}
		}
	}
	if err := json.Unmarshal([]byte(body), &answer); err != nil || code != 200 {
		t.Fatal(code, err, body[:min(len(body), 300)])
	}
	all = map[string][]moment{}
	for _, r := range answer.Data.Result {
		delete(r.Metric, "instance")
		delete(r.Metric, "job")
		key := fmt.Sprint(r.Metric)
		if all[key] != nil {
			t.Errorf("%s is there twice", key)
		}
		for _, v := range r.Values {
			at, _ := v[0].(float64)
			text, _ := v[1].(string)
			n, err := strconv.ParseFloat(text, 64)
			if err != nil {
				t.Fatal(err)
			}
			if math.IsNaN(n) {
				continue // the end of a series, which Prometheus does not show
			}
			all[key] = append(all[key], moment{int64(math.Round(at * 1000)), n})
		}
		samples += len(all[key])
	}
	return all, samples
}

// A moment is one sample.
type moment struct {
	ms    int64
	value float64
}

// same compares numbers as exactly as VictoriaMetrics keeps them.
func (m moment) same(o moment) bool {
	return m.value == o.value || math.Abs(m.value-o.value) <= 1e-12*math.Abs(m.value) // infinite ones have no difference
}

// compared says how many samples of the agent a receiver lacks, how many it has that
// the agent does not, or twice, and how many are another number.
func compared(ours, theirs map[string][]moment) (lost, double, wrong int) {
	for key, samples := range ours {
		has := map[int64][]moment{}
		for _, one := range theirs[key] {
			has[one.ms] = append(has[one.ms], one)
		}
		for _, one := range samples {
			switch got := has[one.ms]; {
			case len(got) == 0:
				lost++
			case !one.same(got[0]):
				wrong++
			default:
				has[one.ms] = got[1:]
			}
		}
		for _, left := range has {
			double += len(left)
		}
	}
	for key := range theirs {
		if ours[key] == nil {
			double += len(theirs[key])
		}
	}
	return lost, double, wrong
}

// A storeProgram is a receiver as Debian has it.
type storeProgram struct {
	name, write, port string
	args              func(dir string) []string
	// ends is the signal that it survives without loss: VictoriaMetrics has what came in
	// the last seconds in memory alone.
	ends syscall.Signal
}

func storePrograms() []storeProgram {
	return []storeProgram{
		{"prometheus", "/api/v1/write", "9090", func(dir string) []string {
			config := filepath.Join(dir, "prometheus.yml")
			_ = os.WriteFile(config, nil, 0o600) // it says so if it is missing
			return []string{"--config.file=" + config, "--storage.tsdb.path=" + filepath.Join(dir, "data"), "--web.listen-address=127.0.0.1:9090", "--web.enable-remote-write-receiver", "--log.level=error"}
		}, syscall.SIGKILL},
		{"victoria-metrics", "/api/v1/write", "8428", func(dir string) []string {
			return []string{"-storageDataPath=" + filepath.Join(dir, "data"), "-httpListenAddr=127.0.0.1:8428", "-dedup.minScrapeInterval=1ms", "-search.latencyOffset=1ms", "-loggerLevel=ERROR", "-memory.allowedBytes=128MB"}
		}, syscall.SIGTERM},
	}
}

// TestRemoteWrite: a receiver that was away for an hour of samples gets each of them
// once, through three restarts of the agent and a kill, and one of the
// receiver; so it does with what the agent sees meanwhile.
func TestRemoteWrite(t *testing.T) {
	for _, p := range storePrograms() {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			need(t, p.name)
			ns, dir := testnet.New(t, testnet.Options{}), t.TempDir()
			kept := filepath.Join(dir, "history")
			historyKept(t, kept, "127.0.0.1:"+p.port, outage, time.Second, outageSeries)
			to := "http://127.0.0.1:" + p.port + p.write
			agent := func() *running {
				return start(t, ns, "--data-dir", kept, "--remote-write", to, "--rules", "../../packaging/prometheus/rules.yml")
			}
			// The receiver is away, and the agent is started anew.
			a := agent()
			until(t, "a request fails", func() bool { return a.told("failed_requests_total") > 0 })
			a.ends(syscall.SIGTERM)
			a = agent()
			until(t, "a request fails", func() bool { return a.told("failed_requests_total") > 0 })
			// It comes back. While it catches up, the agent is killed, the receiver too.
			server := p.start(t, ns, dir)
			a.drains()
			a.ends(syscall.SIGKILL)
			a = agent()
			_ = server.cmd.Process.Signal(p.ends)
			_ = server.cmd.Wait()
			server = p.start(t, ns, dir)
			began := time.Now()
			until(t, "the receiver is up to date", func() bool { return a.behind() < 10 })
			t.Logf("%s is up to date after %v", p.name, time.Since(began).Round(100*time.Millisecond))
			a.ends(syscall.SIGTERM)
			a = agent()
			a.ends(syscall.SIGTERM)
			a = agent()
			until(t, "the receiver is up to date after the last restart", func() bool { return a.behind() < 10 })
			p.compare(t, a, server)
		})
	}
}

// ends ends the agent by a signal.
func (a *running) ends(s syscall.Signal) {
	a.Helper()
	a.signal(s)
	for range a.logs { // until it has ended
	}
	_ = a.cmd.Wait() // killed is not what it calls well
}

// behind is how far its receiver is behind, in seconds.
func (a *running) behind() float64 { return a.told("behind_seconds") }

// told is a number of its receiver.
func (a *running) told(metric string) float64 {
	a.Helper()
	body, _ := a.get("/metrics")
	for line := range strings.Lines(body) {
		if strings.HasPrefix(line, "tcpvitals_remote_write_"+metric+"{") {
			_, text, _ := strings.Cut(line, "} ")
			var v float64
			if _, err := fmt.Sscan(text, &v); err == nil {
				return v
			}
		}
	}
	a.Fatalf("no tcpvitals_remote_write_%s: %s", metric, body)
	return 0
}

// drains waits until the receiver has come a part of the way.
func (a *running) drains() {
	a.Helper()
	behind := 0.0
	until(a.T, "the receiver catches up", func() bool {
		behind = a.behind()
		return behind < outage.Seconds()-60
	})
	a.Logf("%.0f s behind when the agent is killed", behind)
}

func (p storeProgram) start(t *testing.T, ns *testnet.NS, dir string) *running {
	t.Helper()
	cmd := ns.Command(p.name, p.args(dir)...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	server := &running{T: t, ns: ns, cmd: cmd, at: "127.0.0.1:" + p.port}
	server.listens()
	return server
}

// compare compares what both have of the time that is over.
func (p storeProgram) compare(t *testing.T, a, server *running) {
	t.Helper()
	time.Sleep(5 * time.Second)                                       // of which there are samples too
	end := time.Now().Add(-time.Duration(a.behind()+4) * time.Second) // what is newer may be under way
	ours, n := everything(t, a, end)
	theirs, _ := everything(t, server, end)
	lost, double, wrong := compared(ours, theirs)
	t.Logf("%s: %d samples of %d series, %d lost, %d double, %d other numbers", p.name, n, len(ours), lost, double, wrong)
	if lost != 0 || double != 0 || wrong != 0 || n < int(outage/time.Second)*outageSeries*99/100 {
		t.Errorf("%d samples: %d lost, %d double, %d other numbers", n, lost, double, wrong)
	}
}
