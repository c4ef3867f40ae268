// SPDX-License-Identifier: Apache-2.0

//go:build amd64 || arm64

package main

import (
	"fmt"
	"math"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// TestPanelOfBoth: a panel of the dashboard is drawn in a browser from the series of
// node_exporter and from ours, side by side, while connections are made: each line of
// node_exporter is there twice, and begins and ends at the same height.
func TestPanelOfBoth(t *testing.T) {
	t.Parallel()
	need(t, "prometheus")
	need(t, "prometheus-node-exporter")
	if _, err := exec.LookPath("chromium"); err != nil {
		t.Skip(err) // no other test needs a browser
	}
	ns := testnet.New(t, testnet.Options{})
	l := listening(t, ns)
	defer l.Close()
	a := start(t, ns, "--compat", "node-exporter")
	cmd := ns.Command("prometheus-node-exporter", "--web.listen-address=127.0.0.1:9100", "--collector.disable-defaults", "--collector.tcpstat", "--web.disable-exporter-metrics")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	(&running{T: t, ns: ns, at: "127.0.0.1:9100"}).listens()
	server := startPrometheus(t, ns, fmt.Sprintf("global: {scrape_interval: 1s, scrape_timeout: 1s}\nscrape_configs:\n- job_name: node\n  static_configs: [{targets: ['127.0.0.1:9100']}]\n- job_name: ours\n  static_configs: [{targets: ['%s']}]\n", a.at))
	agree := func() {
		t.Helper()
		until(t, "both tell the same", func() bool {
			said, _ := server.get("/api/v1/query?query=" + url.QueryEscape(`abs(node_tcp_connection_states{job="node",state="established"} - on(state) node_tcp_connection_states{job="ours"}) < 5`))
			return strings.Contains(said, `"value"`)
		})
	}
	agree()
	began := time.Now()
	for range 30 {
		dial(t, ns)
	}
	time.Sleep(2 * time.Second)
	agree()
	var answers []string
	for _, job := range []string{"node", "ours"} {
		query := fmt.Sprintf(`node_tcp_connection_states{job="%s",state=~"established|listen"}`, job)
		body, code := server.get(fmt.Sprintf("/api/v1/query_range?query=%s&start=%d&end=%d&step=1", url.QueryEscape(query), began.Unix(), time.Now().Unix()+1))
		if code != 200 {
			t.Fatal(code, body)
		}
		answers = append(answers, body)
	}
	panels := drawnPanels(t, "["+strings.Join(answers, ",")+"]")
	if len(panels) != 2 || len(panels[0]) != 2 {
		t.Fatalf("%v from %s", panels, answers)
	}
	for state, theirs := range panels[0] {
		// They are not scraped at the same time, so only where nothing changes they agree.
		ours := panels[1][state]
		if len(theirs) < 2 || len(ours) < 2 || apart(theirs[0], ours[0]) > 24 || apart(theirs[len(theirs)-1], ours[len(ours)-1]) > 24 {
			t.Errorf("%s: %v and %v", state, theirs, ours)
		}
	}
}

// drawnPanels has the browser draw answers, and returns the lines of each panel by state.
func drawnPanels(t *testing.T, data string) (panels []map[string][][2]float64) {
	t.Helper()
	page, err := os.ReadFile("testdata/panel.html")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "panel.html")
	if err := os.WriteFile(file, []byte(strings.Replace(string(page), "DATA", data, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--user-data-dir="+filepath.Join(dir, "profile"), "--dump-dom", "file://"+file)
	said, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	line := regexp.MustCompile(`<path data-state="(\w+)" d="([^"]*)"`)
	point := regexp.MustCompile(`[ML]([\d.]+) ([\d.]+)`)
	for panel := range strings.SplitSeq(string(said), "<svg") {
		lines := map[string][][2]float64{}
		for _, m := range line.FindAllStringSubmatch(panel, -1) {
			for _, p := range point.FindAllStringSubmatch(m[2], -1) {
				x, _ := strconv.ParseFloat(p[1], 64)
				y, _ := strconv.ParseFloat(p[2], 64)
				lines[m[1]] = append(lines[m[1]], [2]float64{x, y})
			}
		}
		if len(lines) > 0 {
			panels = append(panels, lines)
		}
	}
	return panels
}

// apart is how far two points are apart in height, of 240.
func apart(a, b [2]float64) float64 { return math.Abs(a[1] - b[1]) }
