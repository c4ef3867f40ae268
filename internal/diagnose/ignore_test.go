// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// TestIgnore: an Ignore removes only what it names, and a condition on something
// unknown does not match.
func TestIgnore(t *testing.T) {
	owned := &socket.Owner{Process: &socket.Process{PID: 812, Name: "nginx"}, Unit: "nginx.service", Container: "c1"}
	f := Finding{
		Code: "AQ01", About: About{Local: netip.MustParseAddrPort("10.0.0.1:443"), Remote: netip.MustParseAddrPort("10.9.9.9:5000")},
		Owner: owned, Netns: &socket.Netns{Inode: 42, Name: "web"},
	}
	bare := Finding{Code: "AQ01", About: About{Local: netip.AddrPortFrom(netip.Addr{}, 443)}}
	for _, c := range []struct {
		ignore          string
		matches, ofBare bool
	}{
		{"AQ01", true, true},
		{"aq01", true, true},
		{"AQ02", false, false},
		{"AQ01:sport = :443", true, true},
		{"AQ01:sport = :444", false, false},
		{"AQ01:not sport = :444", true, true},
		{"AQ01:src 10.0.0.0/8", true, false},
		{"AQ01:not src 11.0.0.0/8", true, false},
		{"AQ01:dst 10.9.9.9:5000", true, false},
		{`AQ01:process = "nginx" and pid = 812`, true, false},
		{`AQ01:process = "apache"`, false, false},
		{`AQ01:not process = "apache"`, true, false},
		{`AQ01:unit = "nginx.service" and container = "c1"`, true, false},
		{`AQ01:netns = "web" and netns-inode = 42`, true, false},
		{`AQ01:netns = "job"`, false, false},
	} {
		g, err := ParseIgnore(c.ignore)
		if err != nil {
			t.Errorf("%s: %v", c.ignore, err)
			continue
		}
		if got := g.matches(&f); got != c.matches {
			t.Errorf("%s: %v", c.ignore, got)
		}
		if got := g.matches(&bare); got != c.ofBare {
			t.Errorf("%s of what is hardly known: %v", c.ignore, got)
		}
		again, err := ParseIgnore(g.String())
		if err != nil || again.matches(&f) != c.matches {
			t.Errorf("%s does not read itself back: %v", g.String(), err)
		}
	}
}

// TestIgnoreErrors: wrong input gives one error that points at the place.
func TestIgnoreErrors(t *testing.T) {
	for src, want := range map[string]string{
		"XX99":                         "there is no rule|XX99",
		"":                             "there is no rule|",
		"AQ01:":                        "nothing behind the colon|",
		"AQ01:sport = = 1":             "a value is missing|=",
		"AQ01:state listen":            "a finding has no state|state listen",
		"AQ01:rtt > 1ms and sport = 5": "a finding has no rtt|rtt > 1ms and sport = 5",
	} {
		msg, place, _ := strings.Cut(want, "|")
		_, err := ParseIgnore(src)
		var syntax *problem.SyntaxError
		if !errors.As(err, &syntax) || !strings.Contains(syntax.Msg, msg) || syntax.Src[syntax.Start:syntax.End] != place {
			t.Errorf("%q: %v", src, err)
		}
	}
}

func TestIgnoreFile(t *testing.T) {
	const text = "# why\n\n 2027-03-31 AQ01:sport = :9000 # it refuses on purpose\r\n2026-01-01 TW03:process = \"a#b\" # until then\n"
	all, err := ParseIgnores("known", text)
	if err != nil || len(all) != 2 {
		t.Fatalf("%v, %v", all, err)
	}
	if g := all[0]; g.Reason != "it refuses on purpose" || g.Place != "known:3" || g.String() != "AQ01:sport = :9000" {
		t.Errorf("%+v", g)
	}
	if g := all[1]; g.Reason != "until then" || !strings.Contains(g.String(), "a#b") {
		t.Errorf("%+v", g)
	}
	last := time.Date(2027, 3, 31, 23, 59, 59, 0, time.UTC)
	if all[0].Expired(last) || !all[0].Expired(last.Add(time.Second)) {
		t.Error("it holds through its last day and no longer")
	}
	for line, want := range map[string]string{
		"AQ01 # no day":              "this is no day|AQ01",
		"2027-02-30 AQ01 # no day":   "this is no day|2027-02-30",
		"2027-03-31 AQ01":            "no reason|",
		"2027-03-31 AQ01 #":          "no reason|",
		"2027-03-31 # why":           "no code|" + " ",
		"2027-03-31 AQ99 # why":      "there is no rule|AQ99",
		"2027-03-31 AQ01:x = 1 # no": "unknown field x|x",
	} {
		msg, place, _ := strings.Cut(want, "|")
		_, err := ParseIgnores("known", "# heading\n"+line+"\n")
		var syntax *problem.SyntaxError
		if !errors.As(err, &syntax) || !strings.HasPrefix(syntax.Msg, "known:2: "+msg) || syntax.Src[syntax.Start:syntax.End] != place {
			t.Errorf("%q: %v %+v", line, err, syntax)
		}
	}
	if _, err := ParseIgnores("known", strings.Repeat("2027-03-31 AQ01 # why\n", maxIgnores+1)); err == nil {
		t.Error("any number of lines is taken")
	}
}

// TestIgnoredCountForNothing: an ignored finding is set aside before others are put
// below it, so the finding that it would have explained still counts.
func TestIgnoredCountForNothing(t *testing.T) {
	at := About{Local: netip.MustParseAddrPort("0.0.0.0:80")}
	rules := []Rule{
		{Code: "AQ01", Judge: func(*Case) []Finding { return []Finding{{Severity: Critical, Basis: Loss, About: at}} }},
		{
			Code: "SY01", Judge: func(*Case) []Finding { return []Finding{{Severity: Warning, Basis: Limit, About: at}} },
			HiddenBy: []Cause{{By: "AQ01"}},
		},
	}
	m := &Machine{Spaces: []*Space{{Sockets: &Reading{}}}}
	if d := judgeBy(rules, m, nil, 0); len(d.Findings) != 1 || len(d.Findings[0].Explains) != 1 || d.Worst() != Critical {
		t.Fatalf("%+v", d.Findings)
	}
	g, err := ParseIgnore("AQ01:sport = :80")
	if err != nil {
		t.Fatal(err)
	}
	d := judgeBy(rules, m, nil, 0, g)
	if len(d.Findings) != 1 || d.Findings[0].Code != "SY01" || d.Worst() != Warning {
		t.Errorf("%+v", d.Findings)
	}
	if len(d.Ignored) != 1 || d.Ignored[0].Code != "AQ01" || d.Ignored[0].By.Code != "AQ01" || slices.Contains(d.Passed, "AQ01") {
		t.Errorf("%+v, passed %v", d.Ignored, d.Passed)
	}
}
