// SPDX-License-Identifier: Apache-2.0

package dashboard_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/dashboard"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/metrics/metricstest"
	"github.com/tcpvitals/tcpvitals/internal/testfile"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

var update = flag.Bool("update", false, "write the generated files anew")

// TestGenerated keeps the files for Grafana what the table says.
func TestGenerated(t *testing.T) {
	for path, lang := range map[string]knowledge.Lang{"dashboard.json": knowledge.English, "dashboard.zh.json": knowledge.Chinese} {
		path = filepath.Join("../../packaging/grafana", path)
		want, err := dashboard.JSON(lang)
		if err != nil {
			t.Fatal(err)
		}
		testfile.Fresh(t, *update, path, string(want))
	}
}

// each calls f for every query of every panel.
func each(f func(p dashboard.Panel, promQL string)) {
	for _, r := range dashboard.Rows() {
		for _, p := range r.Panels {
			for _, e := range p.Exprs {
				f(p, e.PromQL)
			}
		}
	}
}

// TestNamesAreThere: the agent writes every metric, and every label, for which a query
// or a legend asks.
func TestNamesAreThere(t *testing.T) {
	legend := regexp.MustCompile(`{{([a-z_]+)}}`)
	each(func(p dashboard.Panel, promQL string) {
		var labels []string
		for _, s := range metricstest.Selectors(t, p.Title.En, promQL) {
			labels = append(labels, metricstest.Labels(s.Metric)...)
		}
		for _, e := range p.Exprs {
			for _, m := range legend.FindAllStringSubmatch(e.Legend, -1) {
				if e.PromQL == promQL && !slices.Contains(labels, m[1]) {
					t.Errorf("the legend of %s has the label %s", p.Title.En, m[1])
				}
			}
		}
	})
}

// TestQueriesAreParsed: Prometheus's own tool takes every query, as a rule of a
// file, with Grafana's variables filled in as Grafana does.
func TestQueriesAreParsed(t *testing.T) {
	if _, err := exec.LookPath("promtool"); err != nil {
		testnet.Skip(t, testnet.Packagers, "no promtool here")
	}
	var b strings.Builder
	b.WriteString("groups:\n  - name: queries\n    rules:\n")
	n := 0
	each(func(_ dashboard.Panel, promQL string) {
		n++
		filled := strings.NewReplacer("$__rate_interval", "1m", "$instance", "a|b").Replace(promQL)
		fmt.Fprintf(&b, "      - {record: 'query:number%d', expr: '%s'}\n", n, filled)
	})
	path := filepath.Join(t.TempDir(), "queries.yml")
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	said, err := exec.CommandContext(t.Context(), "promtool", "check", "rules", path).CombinedOutput()
	if err != nil || !strings.Contains(string(said), fmt.Sprintf("%d rules found", n)) {
		t.Errorf("%v\n%s", err, said)
	}
}

// TestLayout: no panel lies over another or beyond the grid, each has what a
// reader needs in both languages, and the file is what Grafana imports.
func TestLayout(t *testing.T) {
	text, err := dashboard.JSON(knowledge.Chinese)
	if err != nil {
		t.Fatal(err)
	}
	var board struct {
		SchemaVersion int
		Panels        []struct {
			ID      int
			Type    string
			GridPos struct{ X, Y, W, H int }
		}
	}
	if err := json.Unmarshal(text, &board); err != nil || board.SchemaVersion != 41 {
		t.Fatal(board.SchemaVersion, err)
	}
	taken, ids := map[[2]int]int{}, map[int]bool{}
	for _, p := range board.Panels {
		if ids[p.ID] {
			t.Errorf("panel %d is there twice", p.ID)
		}
		ids[p.ID] = true
		at := p.GridPos
		if at.W <= 0 || at.H <= 0 || at.X+at.W > 24 {
			t.Errorf("panel %d is beyond the grid: %+v", p.ID, at)
		}
		for x := at.X; x < at.X+at.W; x++ {
			for y := at.Y; y < at.Y+at.H; y++ {
				if other, ok := taken[[2]int{x, y}]; ok {
					t.Fatalf("panel %d lies over %d", p.ID, other)
				}
				taken[[2]int{x, y}] = p.ID
			}
		}
	}
	for _, r := range dashboard.Rows() {
		for _, p := range r.Panels {
			for _, said := range []string{r.Title.En, r.Title.Zh, p.Title.En, p.Title.Zh, p.Help.En, p.Help.Zh, p.Unit} {
				if said == "" {
					t.Errorf("%s lacks something: %+v", p.Title.En, p)
				}
			}
		}
	}
}
