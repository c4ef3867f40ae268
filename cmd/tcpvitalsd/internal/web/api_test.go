// SPDX-License-Identifier: Apache-2.0

//go:build linux && (amd64 || arm64)

package web

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tcpvitals/tcpvitals/cmd/tcpvitalsd/internal/history"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

var moment = time.Unix(1_790_000_000, 0)

// hostile is a name that somebody may give to a unit, a container or a program.
const hostile = "a\"}\n<script>alert(1)</script>\x1b[2J\u202e\\"

// serve makes a history with one minute of samples and serves it.
func serve(t *testing.T) string {
	t.Helper()
	db, err := history.Open(history.Options{Dir: t.TempDir(), Limits: history.Limits{Samples: 1000}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	w := db.Writer()
	for i := range 60 {
		points := []history.Point{
			{Name: "connections", Labels: []history.Label{{Name: "state", Value: "established"}}, Value: float64(i)},
			{Name: "connections", Labels: []history.Label{{Name: "state", Value: hostile}}, Value: math.Inf(1)},
		}
		if i >= 10 && i < 20 {
			points = append(points, history.Point{Name: "tcpvitals_finding", Value: 2, Labels: []history.Label{{Name: "rule", Value: "CW01"}, {Name: "severity", Value: "warning"}, {Name: "process", Value: hostile}}})
		}
		if err := w.Append(t.Context(), moment.Add(time.Duration(i)*time.Second), slices.Values(points)); err != nil {
			t.Fatal(err)
		}
	}
	s := httptest.NewServer(New(db, "v1.2.3", func() time.Time { return moment.Add(59 * time.Second) }).Handler())
	t.Cleanup(s.Close)
	return s.URL
}

func get(t *testing.T, address string) (int, string) {
	t.Helper()
	r, err := http.Get(address) //nolint:noctx // the test's own server
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	if got := r.Header.Get("Content-Type"); !strings.HasPrefix(got, "application/json") && r.StatusCode != http.StatusNotFound && r.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("%s: content type %q", address, got)
	}
	return r.StatusCode, strings.TrimSpace(string(body))
}

func TestAnswers(t *testing.T) {
	base := serve(t)
	q := url.QueryEscape
	for _, c := range []struct {
		path, want string
		status     int
	}{
		{"query?query=" + q(`connections{state="established"}`), `{"status":"success","data":{"resultType":"vector","result":[{"metric":{"__name__":"connections","state":"established"},"value":[1790000059,"59"]}]}}`, 200},
		{"query?time=1790000010.5&query=" + q(`connections{state="established"}`), `{"status":"success","data":{"resultType":"vector","result":[{"metric":{"__name__":"connections","state":"established"},"value":[1790000010.5,"10"]}]}}`, 200},
		{"query?query=1%2B1", `{"status":"success","data":{"resultType":"scalar","result":[1790000059,"2"]}}`, 200},
		{"query?query=" + q(`"a"`), `{"status":"success","data":{"resultType":"string","result":[1790000059,"a"]}}`, 200},
		{"query?query=nothing", `{"status":"success","data":{"resultType":"vector","result":[]}}`, 200},
		{"query_range?start=1790000000&end=1790000002&step=1&query=" + q(`sum(connections{state="established"})`), `{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[[1790000000,"0"],[1790000001,"1"],[1790000002,"2"]]}]}}`, 200},
		{"query_range?start=2026-09-21T14:13:20Z&end=2026-09-21T14:13:21Z&step=1s&query=" + q(`sum(connections)`), `{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[[1790000000,"+Inf"],[1790000001,"+Inf"]]}]}}`, 200},
		{"labels?match[]=connections", `{"status":"success","data":["__name__","state"]}`, 200},
		{"findings", `"rule":"CW01","severity":"warning","from":"2026-09-21T14:13:30Z","to":"2026-09-21T14:13:39Z","end":"over","most":2,"process":"a\"}\n<script>`, 200},
		{"findings?start=1790000030", `{"status":"success","data":{"findings":[],"cut":false}}`, 200},
		{"findings?start=now", `parameter \"start\"`, 400},
		{"label/none/values", `{"status":"success","data":[]}`, 200},
		{"label/state/values?match[]=" + q(`{state="established"}`), `{"status":"success","data":["established"]}`, 200},
		{"series?match[]=" + q(`connections{state="established"}`), `{"status":"success","data":[{"__name__":"connections","state":"established"}]}`, 200},
		{"status/buildinfo", `{"status":"success","data":{"application":"tcpvitalsd","version":"v1.2.3"}}`, 200},
		{"query", "bad_data", 400},
		{"query?query=" + q("sum("), "bad_data", 400},
		{"query?query=1&time=soon", `parameter \"time\"`, 400},
		{"query?query=1&time=1e300", `parameter \"time\"`, 400},
		{"query?query=1&time=NaN", `parameter \"time\"`, 400},
		{"query?query=1&timeout=x", `parameter \"timeout\"`, 400},
		{"query?query=connections&timeout=0", `"errorType":"timeout"`, 503},
		{"query_range?query=1&start=1&step=1", `parameter \"end\"`, 400},
		{"query_range?query=1&start=1&end=2", `parameter \"step\"`, 400},
		{"query_range?query=1&start=1&end=2&step=0", "bad_data", 400},
		{"query_range?query=1&start=1&end=2&step=-1", "bad_data", 400},
		{"query_range?query=1&start=1&end=100000&step=1", "more than 11000", 400},
		{"query?query=" + q("sum_over_time(connections[1h:10ms])"), "too many samples", 422},
		{"series", `parameter \"match[]\"`, 400},
		{"series?match[]=" + q("a{"), "bad_data", 400},
		{"query?query=" + strings.Repeat("1%2B", 4500) + "1", "more than 8192", 400},
		{"admin/tsdb/delete_series?match[]=connections", "404", 404},
	} {
		status, body := get(t, base+"/api/v1/"+c.path)
		if status != c.status || !strings.Contains(body, c.want) {
			t.Errorf("%s: %d %s\nwant %d %s", c.path, status, body, c.status, c.want)
		}
	}
}

// TestLongAnswers: an answer that is longer than what is kept until the query has ended
// is whole.
func TestLongAnswers(t *testing.T) {
	db, err := history.Open(history.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	s := httptest.NewServer(New(db, "v1", time.Now).Handler())
	t.Cleanup(s.Close)
	const steps = history.MaxPoints
	_, body := get(t, fmt.Sprintf("%s/api/v1/query_range?start=1&end=%d&step=1&query=%s", s.URL, steps, url.QueryEscape(`label_replace(vector(1), "a", "b", "", "") or label_replace(vector(2), "a", "c", "", "") or label_replace(vector(3), "a", "d", "", "")`)))
	var answer struct {
		Status string
		Data   struct {
			Result []struct{ Values [][2]any }
		}
	}
	if err := json.Unmarshal([]byte(body), &answer); err != nil {
		t.Fatal(err)
	}
	if len(body) < mostKept || answer.Status != "success" || len(answer.Data.Result) != 3 {
		t.Fatalf("%d bytes, %s, %d series", len(body), answer.Status, len(answer.Data.Result))
	}
	for i, one := range answer.Data.Result {
		if n := len(one.Values); n != steps || one.Values[n-1] != [2]any{float64(steps), fmt.Sprint(i + 1)} {
			t.Errorf("series %d: %d values", i, n)
		}
	}
}

func TestPostedForm(t *testing.T) {
	base := serve(t)
	r, err := http.PostForm(base+"/api/v1/query", url.Values{"query": {"1"}}) //nolint:noctx // the test's own server
	if err != nil {
		t.Fatal(err)
	}
	r.Body.Close()
	if r.StatusCode != http.StatusOK {
		t.Error(r.Status)
	}
	r, err = http.PostForm(base+"/api/v1/query", url.Values{"query": {strings.Repeat("1", MaxForm)}}) //nolint:noctx // the test's own server
	if err != nil {
		t.Fatal(err)
	}
	r.Body.Close()
	if r.StatusCode != http.StatusBadRequest {
		t.Errorf("a body above the bound: %s", r.Status)
	}
}

// TestHostileNames: a hostile name stays the same name in JSON and has no other
// effect.
func TestHostileNames(t *testing.T) {
	base := serve(t)
	for _, path := range []string{"query?query=connections", "series?match[]=connections", "label/state/values"} {
		_, body := get(t, base+"/api/v1/"+path)
		var e envelope
		if err := json.Unmarshal([]byte(body), &e); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		if !strings.Contains(fmt.Sprint(e.Data), hostile) {
			t.Errorf("%s: %v", path, e.Data)
		}
		if strings.ContainsAny(body, "\x1b\n") {
			t.Errorf("%s: raw bytes of the name: %q", path, body)
		}
	}
}

// TestPromtool: promtool can use the API as if it were Prometheus.
func TestPromtool(t *testing.T) {
	promtool, err := exec.LookPath("promtool")
	if err != nil {
		testnet.Skip(t, testnet.Packagers, "promtool of Debian's package prometheus is not installed")
	}
	base := serve(t)
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"query", "instant", "--time=1790000059", base, `connections{state="established"}`}, `connections{state="established"} => 59 @[1790000059]`},
		{[]string{"query", "range", "--start=1790000000", "--end=1790000001", "--step=1s", base, `sum(connections{state="established"})`}, "0 @[1790000000]"},
		{[]string{"query", "series", "--match=connections", "--start=1790000000", "--end=1790000050", base}, `state="established"`},
		{[]string{"query", "labels", "--start=1790000000", "--end=1790000050", base, "state"}, "established"},
	} {
		out, err := exec.CommandContext(t.Context(), promtool, c.args...).CombinedOutput()
		if err != nil || !strings.Contains(string(out), c.want) {
			t.Errorf("promtool %v: %v\n%s", c.args, err, out)
		}
	}
}
