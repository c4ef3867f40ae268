// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// keptAnswers answers as a history of ten minutes: one series that grows, with a gap,
// and one finding about a process with an odd name.
func keptAnswers(t *testing.T, asked *[]string) http.Handler {
	t.Helper()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		*asked = append(*asked, r.FormValue("query"))
		switch r.URL.Path {
		case "/api/v1/status/buildinfo":
			_, _ = w.Write([]byte(`{"status":"success","data":{}}`))
		case "/api/v1/findings":
			_, _ = w.Write([]byte(`{"status":"success","data":{"findings":[{"rule":"CW01","severity":"warning","from":"2026-11-30T02:58:00Z","to":"2026-11-30T03:04:00Z","end":"over","most":1,"process":"a\u001b[2J\nb","local":"127.0.0.1:8081"},
				{"rule":"QU01","severity":"critical","from":"2026-11-30T02:57:00Z","to":"2026-11-30T03:04:00Z","end":"unseen","most":1}],"cut":true}}`))
		case "/api/v1/query_range":
			if strings.Contains(r.FormValue("query"), "sum(") {
				w.WriteHeader(http.StatusBadRequest)
				_, _ = w.Write([]byte(`{"status":"error","errorType":"bad_data","error":"parse error"}`))
				return
			}
			var start, step float64
			_, _ = fmt.Sscan(r.FormValue("start"), &start)
			_, _ = fmt.Sscan(r.FormValue("step"), &step)
			var values []string
			for i := range 20 {
				if i < 8 || i > 11 {
					values = append(values, fmt.Sprintf(`[%f,"%d"]`, start+float64(i)*step, i))
				}
			}
			_, _ = w.Write([]byte(`{"status":"success","data":{"resultType":"matrix","result":[
				{"metric":{"__name__":"m","state":"closing","family":"x"},"values":[[` + fmt.Sprint(start) + `,"NaN"]]},
				{"metric":{"__name__":"m","state":"close_wait","family":"x"},"values":[` + strings.Join(values, ",") + `]}]}}`))
		default:
			http.NotFound(w, r)
		}
	})
}

// TestHistory: series with gaps, and findings with their times, in both formats and
// both languages; the name of a process has no effect on the screen.
func TestHistory(t *testing.T) {
	var asked []string
	server := httptest.NewServer(keptAnswers(t, &asked))
	defer server.Close()
	now := time.Date(2026, 11, 30, 3, 5, 0, 0, time.UTC)
	call := func(locale string, args ...string) (string, int) {
		env, said := testEnv(map[string]string{"LC_ALL": locale, "COLUMNS": "110"})
		env.Now = func() time.Time { return now }
		code := Main(t.Context(), env, append([]string{"history", "--server", server.URL}, args...))
		return said.out.String() + said.err.String(), code
	}
	text, code := call("en_US.UTF-8", "--since", "10m")
	for _, want := range []string{"sum by (state) (tcpvitals_connections)", " close_wait", "▁", "█", "CW01", `a\x1b[2J\nb`, "or later", "and older ones", "127.0.0.1:8081"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q: %s", want, text)
		}
	}
	if strings.Contains(text, "\x1b") || code != 0 || strings.Index(text, "close_wait") > strings.Index(text, "closing") {
		t.Errorf("%d: %s", code, text)
	}
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, " close_wait") && !strings.Contains(line, "    ") {
			t.Errorf("no hole: %s", line)
		}
	}
	if text, _ := call("zh_CN.UTF-8", "--since", "10m"); !strings.Contains(text, "诊断发现") || !strings.Contains(text, "严重程度") {
		t.Errorf("%s", text)
	}
	if text, _ := call("C", "--since", "10m"); strings.ContainsFunc(text, func(r rune) bool { return r > 126 }) {
		t.Errorf("%s", text)
	}
	text, _ = call("C", "-o", "json", "tcpvitals_transitions_total")
	var doc struct {
		Schema, Query string
		Series        []struct{ Samples []struct{ Value *float64 } }
		Findings      []struct{ End string }
	}
	if err := json.Unmarshal([]byte(text), &doc); err != nil || doc.Schema != "tcpvitals.history/1" || doc.Query != "rate(tcpvitals_transitions_total[65s])" ||
		len(doc.Series) != 2 || doc.Series[0].Samples[0].Value != nil || len(doc.Findings) != 2 {
		t.Errorf("%v: %s", err, text)
	}
	for _, tt := range []struct {
		args []string
		want string
	}{
		{[]string{"sum("}, "parse error"},
		{[]string{"--since", "soon"}, "no time that is over"},
		{[]string{"--since", "1h", "--until", "2h"}, "no time that is over"},
		{[]string{"--until", "2027-01-01 00:00"}, "no time that is over"},
		{[]string{"-o", "xml"}, "not table or json"},
		{[]string{"a", "b"}, "takes no arguments"},
		{[]string{"--server", "http://127.0.0.1:1"}, "no tcpvitalsd answers"},
		{[]string{"--server", server.URL + "/none"}, "keeps no history"},
	} {
		if text, code := call("C", tt.args...); code != problem.ExitUsage || !strings.Contains(text, tt.want) || strings.Count(text, "\n") > 2 {
			t.Errorf("%q: %d: %s", tt.args, code, text)
		}
	}
}

// TestHistoryOfTheFirstSeconds: what was kept for less than a column is seen, because
// the last column ends now.
func TestHistoryOfTheFirstSeconds(t *testing.T) {
	now := time.Date(2026, 11, 30, 3, 5, 7, 0, time.UTC)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		result := ""
		if r.URL.Path == "/api/v1/query_range" {
			var start, end, step float64
			_, _ = fmt.Sscan(r.FormValue("start"), &start)
			_, _ = fmt.Sscan(r.FormValue("end"), &end)
			_, _ = fmt.Sscan(r.FormValue("step"), &step)
			for at := start; at <= end; at += step {
				if at > float64(now.Unix()-10) {
					result = fmt.Sprintf(`{"metric":{"state":"listen"},"values":[[%f,"7"]]}`, at)
				}
			}
		}
		_, _ = w.Write([]byte(`{"status":"success","data":{"resultType":"matrix","result":[` + result + `]}}`))
	}))
	defer server.Close()
	for _, since := range []string{"1h", "2h", "61m"} {
		env, said := testEnv(map[string]string{"COLUMNS": "100"})
		env.Now = func() time.Time { return now }
		if code := Main(t.Context(), env, []string{"history", "--server", server.URL, "--since", since}); code != 0 || !strings.Contains(said.out.String(), " listen") {
			t.Errorf("--since %s: %d: %s%s", since, code, said.out.String(), said.err.String())
		}
	}
}

// TestHistoryOfADirectory: if no agent answers, the directory is read.
func TestHistoryOfADirectory(t *testing.T) {
	var asked []string
	env, said := testEnv(nil)
	env.Look = func(dir, _ string, _ func() time.Time) (http.Handler, func(), error) {
		asked = append(asked, dir)
		return keptAnswers(t, &asked), func() { asked = append(asked, "closed") }, nil
	}
	if code := Main(t.Context(), env, []string{"history", "--listen", "127.0.0.1:1", "--data-dir", "/kept"}); code != 0 || asked[0] != "/kept" || asked[len(asked)-1] != "closed" {
		t.Errorf("%d, %q: %s", code, asked, said.err.String())
	}
}

// TestExpression: a peak between two columns is shown, and a counter is shown as a
// rate.
func TestExpression(t *testing.T) {
	for _, tt := range []struct {
		text string
		step time.Duration
		want string
	}{
		{"", time.Second, "sum by (state) (tcpvitals_connections)"},
		{"", time.Minute, "sum by (state) (max_over_time(tcpvitals_connections[60s]))"},
		{"tcpvitals_finding", time.Minute, "max_over_time(tcpvitals_finding[60s])"},
		{`tcpvitals_connections{state="close_wait"}`, time.Minute, `max_over_time(tcpvitals_connections{state="close_wait"}[60s])`},
		{"tcpvitals_connections", time.Second, "tcpvitals_connections"},
		{"tcpvitals_source_failures_total", time.Second, "rate(tcpvitals_source_failures_total[60s])"},
		{"rate(a[1m])", time.Minute, "rate(a[1m])"},
		{"a + b", time.Minute, "a + b"},
	} {
		if got := expression(tt.text, tt.step); got != tt.want {
			t.Errorf("%q: %s, want %s", tt.text, got, tt.want)
		}
	}
}
