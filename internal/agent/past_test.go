// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/report"
)

// TestPast: the samples come as they were kept, each with its own time, together with
// the findings; where nobody answers or nothing is kept, the error names the ways.
func TestPast(t *testing.T) {
	kept := `{"metric":{"__name__":"tcpvitals_connections","state":"listen"},"values":[[1764471600.25,"3"],[1764471601.5,"NaN"],[1764471602,"4"]]}`
	asked := ""
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/api/v1/query":
			asked = r.FormValue("query")
			_, _ = w.Write([]byte(`{"status":"success","data":{"resultType":"matrix","result":[` + kept + `]}}`))
		case "/api/v1/findings":
			_, _ = w.Write([]byte(`{"status":"success","data":{"findings":[{"rule":"CW01","severity":"warning","end":"over","most":1}]}}`))
		default:
			_, _ = w.Write([]byte(`{"status":"success","data":{}}`))
		}
	}))
	defer server.Close()
	call := func(url string) (string, int) {
		env, said := testEnv(map[string]string{"LC_ALL": "C"})
		env.Now = func() time.Time { return time.UnixMilli(1764471603000) }
		code := Main(t.Context(), env, []string{"past", "--server", url, "--since", "10m"})
		return said.out.String() + said.err.String(), code
	}
	text, code := call(server.URL)
	var p report.Past
	if err := json.Unmarshal([]byte(text), &p); err != nil || code != 0 || p.Schema != report.PastSchema || p.Who != server.URL || len(p.Findings) != 1 || len(p.Series) != 1 {
		t.Fatalf("%d %v: %s", code, err, text)
	}
	if s := p.Series[0]; s.Labels["state"] != "listen" || len(s.At) != 2 || s.At[0] != 1764471600250 || s.Values[1] != 4 {
		t.Errorf("%+v", s)
	}
	if !strings.Contains(asked, "|transitions_total|") || !strings.HasSuffix(asked, "[600s]") {
		t.Error(asked)
	}
	kept = ""
	if text, code := call(server.URL); code == 0 || !strings.Contains(text, "the history has nothing of the time since") {
		t.Errorf("%d: %s", code, text)
	}
	if text, code := call("http://127.0.0.1:1"); code != 2 || !strings.Contains(text, "from now on only") || !strings.Contains(text, "space") || !strings.Contains(text, "--from FILE -t 10m") {
		t.Errorf("%d: %s", code, text)
	}
}
