// SPDX-License-Identifier: Apache-2.0

//go:build amd64 || arm64

package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/cmd/tcpvitalsd/internal/history"
	"github.com/tcpvitals/tcpvitals/internal/metrics"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// What the agent may take with one count a second and a week of history. The memory is
// that of the process, in kB, with the pages of files that are mapped.
const (
	mostScrape   = 5 * time.Millisecond // of 99 answers of 100
	mostShare    = 2.0                  // percent of a processor
	mostResident = 40 << 10
	mostQueried  = 90 << 10 // after the heaviest queries that the limits allow
)

// What the benchmark is told by the environment: the programs, the sockets (STATE=N,
// several), for how many seconds processor time is measured, and optionally a directory
// where the week of history is kept for other runs.
const (
	programEnv = "AGENT_PROGRAM"
	labEnv     = "AGENT_LAB"
	weekEnv    = "AGENT_WEEK"
	loadsEnv   = "AGENT_LOADS"
	secondsEnv = "AGENT_SECONDS"
)

// BenchmarkAgent measures the agent beside node_exporter with --collector.tcpstat, in
// the same network namespace in one run.
func BenchmarkAgent(b *testing.B) {
	program, lab := os.Getenv(programEnv), os.Getenv(labEnv)
	if program == "" || lab == "" {
		b.Skipf("%s and %s are not set: make bench-agent sets them", programEnv, labEnv)
	}
	testnet.Require(b, testnet.Root)
	if _, err := exec.LookPath("prometheus-node-exporter"); err != nil {
		testnet.Skip(b, testnet.Packagers, err.Error())
	}
	seconds, err := strconv.Atoi(os.Getenv(secondsEnv))
	if err != nil {
		seconds = 60
	}
	dir := filepath.Join(b.TempDir(), "history")
	b.Logf("machine: %s", machineLoad())
	if week := os.Getenv(weekEnv); week != "" {
		dir = week
	}
	if _, err := os.Stat(dir); err != nil {
		makeWeek(b, dir, sixtySeries(b, program))
	}
	for range b.N {
		for load := range strings.FieldsSeq(os.Getenv(loadsEnv)) {
			state, number, _ := strings.Cut(load, "=")
			c := &comparison{B: b, program: program, dir: dir, seconds: seconds}
			c.netns = c.hold(lab, state, number)
			c.run(number + " " + state)
			c.stop()
		}
	}
	b.Logf("machine: %s", machineLoad())
}

// machineLoad tells how busy the machine is.
func machineLoad() string {
	text, _ := os.ReadFile("/proc/loadavg") // told only
	return fmt.Sprintf("%d processors, load %s", runtime.NumCPU(), strings.TrimSpace(string(text)))
}

// sixtySeries returns 60 of the series that are kept at each count.
func sixtySeries(b *testing.B, program string) (points []history.Point) {
	b.Helper()
	ns := testnet.New(b, testnet.Options{})
	out, err := ns.Command(program, "metrics", "--netns", "self").Output()
	if err != nil {
		b.Fatalf("%v: %s", err, out)
	}
	quick := map[string]bool{}
	for _, m := range metrics.All() {
		quick[m.Name] = !m.Slow()
	}
	label := regexp.MustCompile(`(\w+)="([^"]*)"`)
	for line := range strings.Lines(string(out)) {
		name := line[:strings.IndexAny(line, " {")]
		if !quick[name] {
			continue
		}
		p := history.Point{Name: name}
		for _, pair := range label.FindAllStringSubmatch(line, -1) {
			p.Labels = append(p.Labels, history.Label{Name: pair[1], Value: pair[2]})
		}
		if points = append(points, p); len(points) == 60 {
			return points
		}
	}
	b.Fatalf("only %d series", len(points))
	return nil
}

// makeWeek makes a history of a week up to now, with one sample a second, as the agent
// would have: blocks of two hours, the older ones joined.
func makeWeek(b *testing.B, dir string, points []history.Point) {
	b.Helper()
	begun := time.Now()
	db, err := history.Open(history.Options{Dir: dir, Retention: 8 * 24 * time.Hour})
	if err != nil {
		b.Fatal(err)
	}
	w := db.Writer()
	const seconds = 7 * 24 * 3600
	from := begun.Add(-seconds * time.Second)
	for i := range seconds {
		for s := range points {
			points[s].Value = float64((i / (s + 1)) % (100 * (s + 1)))
		}
		at := from.Add(time.Duration(i) * time.Second)
		if err := w.Append(b.Context(), at, slices.Values(points)); err != nil {
			b.Fatal(err)
		}
		for i%600 == 0 && at.Sub(blocksEnd(b, dir, from)) > 200*time.Minute {
			time.Sleep(10 * time.Millisecond) // until the oldest hours are in a block
		}
	}
	if err := db.Close(); err != nil {
		b.Fatal(err)
	}
	b.Logf("a week of %d series, %d samples: made in %.0f s", len(points), len(points)*seconds, time.Since(begun).Seconds())
}

// blocksEnd returns the end of the newest block; that of nothing is from.
func blocksEnd(b *testing.B, dir string, from time.Time) time.Time {
	b.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "0*", "meta.json"))
	if err != nil {
		b.Fatal(err)
	}
	end := from.UnixMilli()
	for _, name := range files {
		var meta struct {
			MaxTime int64 `json:"maxTime"`
		}
		if text, err := os.ReadFile(name); err == nil && json.Unmarshal(text, &meta) == nil { // or it was removed meanwhile
			end = max(end, meta.MaxTime)
		}
	}
	return time.UnixMilli(end)
}

// A comparison is the agent and node_exporter in one network namespace.
type comparison struct {
	*testing.B

	program, dir, netns string
	seconds             int
	started             []*exec.Cmd
}

// stop ends what was started, the last first.
func (c *comparison) stop() {
	for _, cmd := range slices.Backward(c.started) {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
	}
	c.started = nil
}

// hold has the lab make the sockets, and returns their network namespace.
func (c *comparison) hold(lab, state, number string) string {
	c.Helper()
	cmd := exec.CommandContext(c.Context(), lab, "lab", "hold", state, "-n", number)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		c.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		c.Fatal(err)
	}
	c.started = append(c.started, cmd)
	c.Cleanup(c.stop)
	path := regexp.MustCompile(`netns=(\S+)`)
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if m := path.FindStringSubmatch(lines.Text()); m != nil {
			return m[1]
		}
	}
	c.Fatal("the lab ended before its sockets were in place")
	return ""
}

// background starts a program in the namespace and waits until it listens.
func (c *comparison) background(at string, args ...string) *exec.Cmd {
	c.Helper()
	cmd := exec.CommandContext(c.Context(), "nsenter", append([]string{"--net=" + c.netns}, args...)...)
	var said bytes.Buffer // of a few lines, read once the program is of no use
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		c.Fatal(err)
	}
	c.started = append(c.started, cmd)
	for began := time.Now(); time.Since(began) < 2*time.Minute; time.Sleep(100 * time.Millisecond) {
		if conn, err := c.dial(at); err == nil {
			_ = conn.Close()
			return cmd
		}
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	c.Fatalf("nobody listens at %s: %s", at, said.String())
	return nil
}

// dial connects inside the namespace.
func (c *comparison) dial(at string) (conn net.Conn, err error) {
	done := make(chan struct{})
	go func() { // the thread ends with the goroutine and is never used outside
		defer close(done)
		runtime.LockOSThread()
		var ns *os.File
		if ns, err = os.Open(c.netns); err != nil {
			return
		}
		defer ns.Close()
		if err = unix.Setns(int(ns.Fd()), unix.CLONE_NEWNET); err == nil {
			conn, err = net.Dial("tcp", at) //nolint:noctx // of loopback
		}
	}()
	<-done
	return conn, err
}

// client keeps its connection, as Prometheus does.
func (c *comparison) client(at string) *http.Client {
	return &http.Client{Transport: &http.Transport{Dial: func(string, string) (net.Conn, error) { return c.dial(at) }, MaxConnsPerHost: 1}} //nolint:staticcheck // it connects inside
}

// get returns how long an answer took, and its size.
func (c *comparison) get(client *http.Client, address string) (time.Duration, string) {
	c.Helper()
	began := time.Now()
	r, err := client.Get(address) //nolint:noctx // the benchmark's own server
	if err != nil {
		c.Fatal(err)
	}
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	if err != nil || r.StatusCode != http.StatusOK {
		c.Fatalf("%s: %d %v %.200s", address, r.StatusCode, err, text)
	}
	return time.Since(began), string(text)
}

// row prints one figure of both, and what is asked of ours.
func (c *comparison) row(name, what, ours, theirs, asked string, missed bool) {
	c.Helper()
	fmt.Printf("| %s, %s | %s | %s | %s |\n", name, what, ours, theirs, asked)
	if missed {
		c.Errorf("%s, %s: %s, asked: %s", name, what, ours, asked)
	}
}

const (
	agentAt = "127.0.0.1:9779"
	nodeAt  = "127.0.0.1:9100"
)

func (c *comparison) run(name string) {
	c.Helper()
	if out, err := exec.CommandContext(c.Context(), "nsenter", "--net="+c.netns, "ip", "link", "set", "lo", "up").CombinedOutput(); err != nil {
		c.Fatalf("%v: %s", err, out)
	}
	node := c.background(nodeAt, "prometheus-node-exporter", "--web.listen-address="+nodeAt, "--collector.disable-defaults", "--collector.tcpstat", "--web.disable-exporter-metrics")
	agent := c.background(agentAt, c.program, "--netns", "self", "--listen", agentAt, "--data-dir", c.dir, "--retention", "192h")
	ours, theirs := c.client(agentAt), c.client(nodeAt)
	const scraped = "http://" + agentAt + "/metrics"
	fmt.Println("| with a week of history | tcpvitalsd | node_exporter with tcpstat | asked |\n|---|---|---|---|")
	before, began := c.used(agent), time.Now()
	c.scrapeFor(ours, scraped, time.Duration(c.seconds)*time.Second/2)
	c.row(name, "processor while it settles", percent(c.used(agent)-before, time.Since(began)), "", "", false)

	before, began = c.used(agent), time.Now()
	c.scrapeFor(ours, scraped, time.Duration(c.seconds)*time.Second)
	share := percent(c.used(agent)-before, time.Since(began))
	beforeTheirs := c.used(node)
	took := c.both(ours, theirs)
	each := c.used(node) - beforeTheirs
	_, body := c.get(ours, scraped)
	n, _ := strconv.ParseFloat(strings.TrimSuffix(share, " %"), 64)
	c.row(name, "processor", share, fmt.Sprintf("%.0f ms each scrape", float64(each.Milliseconds())/float64(len(took[1]))), fmt.Sprintf("at most %g %%", mostShare), n > mostShare)
	c.row(name, "scrape, half of them", at(took[0], 50).String(), at(took[1], 50).String(), "", false)
	c.row(name, "scrape, 99 of 100", at(took[0], 99).String(), at(took[1], 99).String(), "at most "+mostScrape.String(), at(took[0], 99) > mostScrape)
	c.row(name, "memory", c.memory(agent), c.memory(node), fmt.Sprintf("at most %d MiB", mostResident>>10), c.resident(agent) > mostResident)
	c.row(name, "counted each", fmt.Sprintf("%v s, one in %v between", told(c, body, `tcpvitals_source_interval_seconds{source="count"}`), told(c, body, "tcpvitals_sample_one_in")), "", "", false)
	c.row(name, "examined each", fmt.Sprintf("%v s, %v s long", told(c, body, `tcpvitals_source_interval_seconds{source="examine"}`), told(c, body, `tcpvitals_source_duration_seconds{source="examine"}`)), "", "", false)
	c.query(name, ours, agent)
}

func told(c *comparison, body, series string) string {
	for line := range strings.Lines(body) {
		if text, ok := strings.CutPrefix(line, series+" "); ok {
			return strings.TrimSpace(text)
		}
	}
	c.Errorf("no %s", series)
	return ""
}

// scrapeFor scrapes each 15 seconds, as Prometheus does.
func (c *comparison) scrapeFor(client *http.Client, address string, d time.Duration) {
	c.Helper()
	for until := time.Now().Add(d); ; {
		c.get(client, address)
		left := time.Until(until)
		if left <= 0 {
			return
		}
		time.Sleep(min(left, 15*time.Second))
	}
}

// both scrapes them by turns: 10 times node_exporter, and 50 times the agent between.
func (c *comparison) both(ours, theirs *http.Client) (took [2][]time.Duration) {
	c.Helper()
	for range 10 {
		d, _ := c.get(theirs, "http://"+nodeAt+"/metrics")
		took[1] = append(took[1], d)
		time.Sleep(100 * time.Millisecond)
		for range 50 {
			d, _ := c.get(ours, "http://"+agentAt+"/metrics")
			took[0] = append(took[0], d)
			time.Sleep(20 * time.Millisecond)
		}
	}
	slices.Sort(took[0])
	slices.Sort(took[1])
	return took
}

func at(sorted []time.Duration, percent int) time.Duration {
	return sorted[min(len(sorted)-1, len(sorted)*percent/100)].Round(10 * time.Microsecond)
}

// A heavy is a query that reads or answers as much as the limits allow.
type heavy struct{ what, path string }

func heaviest(now time.Time) []heavy {
	week := func(step int, expr string) string {
		return fmt.Sprintf("query_range?start=%d&end=%d&step=%d&query=%s", now.Add(-7*24*time.Hour).Unix(), now.Unix(), step, url.QueryEscape(expr))
	}
	once := func(expr string) string {
		return fmt.Sprintf("query?time=%d&query=%s", now.Unix(), url.QueryEscape(expr))
	}
	return []heavy{
		{"rates of a week", week(300, `sum(rate(tcpvitals_connections[5m]))`)},
		{"all samples of a week", once(`sum(count_over_time(tcpvitals_connections[7d]))`)},
		{"one series of a week", once(`tcpvitals_connections{state="established",family="ipv4"}[7d]`)},
		{"all series, each hour", week(3600, `{__name__=~"tcpvitals_.+"}`)},
		{"as long an answer as there is", week(56, `tcpvitals_connections`)},
	}
}

// query asks for as much as may be asked, one after the other and then all at once.
func (c *comparison) query(name string, client *http.Client, agent *exec.Cmd) {
	c.Helper()
	all := heaviest(time.Now())
	const base = "http://" + agentAt + "/api/v1/"
	for _, one := range all {
		took, text := c.get(client, base+one.path)
		c.row(name, "query, "+one.what, fmt.Sprintf("%.2f s, %.1f MB, then %s", took.Seconds(), float64(len(text))/1e6, c.memory(agent)), "", "", false)
	}
	const pause = 10 * time.Second // until what was freed is given back
	time.Sleep(pause)
	c.row(name, "memory after the heaviest queries", c.memory(agent), "", fmt.Sprintf("at most %d MiB", mostQueried>>10), c.resident(agent) > mostQueried)
	answered := c.atOnce(200, base+all[len(all)-1].path)
	c.row(name, "200 of the last query at once", fmt.Sprintf("%d answered, then %s", answered, c.memory(agent)), "", "", answered == 0)
	time.Sleep(pause)
	c.row(name, "memory after them", c.memory(agent), "", fmt.Sprintf("at most %d MiB", mostQueried>>10), c.resident(agent) > mostQueried)
}

// atOnce sends a request on so many connections at once, and returns how many of them
// were answered.
func (c *comparison) atOnce(n int, address string) (answered int) {
	c.Helper()
	client := c.client(agentAt)
	client.Transport.(*http.Transport).MaxConnsPerHost = 0 //nolint:forcetypeassert // made above
	codes := make(chan int)
	for range n {
		go func() {
			code := 0
			if r, err := client.Get(address); err == nil { //nolint:noctx // the benchmark's own server
				code = r.StatusCode
				_, _ = io.Copy(io.Discard, r.Body) // what is cut off was answered as well
				_ = r.Body.Close()
			}
			codes <- code
		}()
	}
	for range n {
		if <-codes == http.StatusOK {
			answered++
		}
	}
	client.CloseIdleConnections()
	return answered
}

// used returns the processor time that a program has used.
func (c *comparison) used(cmd *exec.Cmd) time.Duration {
	c.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", cmd.Process.Pid))
	if err != nil {
		c.Fatal(err)
	}
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')'):]))
	user, _ := strconv.Atoi(fields[12]) // proc(5): numbers in hundredths of a second
	system, _ := strconv.Atoi(fields[13])
	return time.Duration(user+system) * 10 * time.Millisecond
}

func percent(part, of time.Duration) string {
	return fmt.Sprintf("%.2f %%", 100*part.Seconds()/of.Seconds())
}

// status returns a number of kB of /proc/PID/status.
func (c *comparison) status(cmd *exec.Cmd, name string) (kB int) {
	c.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", cmd.Process.Pid))
	if err != nil {
		c.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, name+":"); ok {
			_, _ = fmt.Sscan(rest, &kB)
		}
	}
	return kB
}

func (c *comparison) resident(cmd *exec.Cmd) int { return c.status(cmd, "VmRSS") }

func (c *comparison) memory(cmd *exec.Cmd) string {
	mib := func(name string) float64 { return float64(c.status(cmd, name)) / 1024 }
	return fmt.Sprintf("%.1f MiB (%.1f of files; at most %.1f)", mib("VmRSS"), mib("RssFile"), mib("VmHWM"))
}
