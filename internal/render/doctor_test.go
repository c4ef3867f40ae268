// SPDX-License-Identifier: Apache-2.0

package render

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/command"
	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/report"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// madeDoctor is a diagnosis with invented rules, so that these tests depend on the
// form only.
func madeDoctor() *report.Doctor {
	text := func(en, zh string) knowledge.Text { return knowledge.Text{En: en, Zh: zh} }
	web, job := &socket.Netns{Inode: 4026531840, Name: "host"}, &socket.Netns{Inode: 4026532000, Name: "web"}
	half := 512.0
	rule := func(code, name string) diagnose.Rule {
		return diagnose.Rule{
			Code: code, Name: name, Title: text("What "+code+" is about", code+" 的内容"), Facts: []string{"LISTEN", "TcpExt.ListenOverflows"},
			Formula:   text("waiting / limit", "等待数 / 上限"),
			Threshold: []knowledge.Statement{{Text: text("Full is limit + 1: the kernel compares with >.", "上限 + 1 才算满：内核用 > 比较。"), Source: "include/net/sock.h sk_acceptq_is_full"}},
			App:       []knowledge.Statement{{Text: text("Accept faster.", "加快 accept。"), Source: "accept(2)"}},
			Check:     command.Of("queues"), Sources: []string{"include/net/sock.h sk_acceptq_is_full", "RFC 9293 3.5"},
		}
	}
	queue := diagnose.Finding{
		Code: "QQ01", Severity: diagnose.Critical, Basis: diagnose.Loss, Netns: web,
		Summary: text("accept queue of nginx :443 is full: 512 waiting, limit 511; 1,204 connections dropped in 10 s", "nginx :443 的 accept 队列已满：512 个在等，上限 511；10 秒内丢弃 1,204 个连接"),
		Detail: []knowledge.Text{text("the limit is the application's own backlog (somaxconn is 4096): raise nginx's backlog; somaxconn would change nothing",
			"上限是应用自己的 backlog（somaxconn 为 4096）：请调大 nginx 的 backlog；调 somaxconn 没有用")},
		Evidence: []diagnose.Evidence{{Name: "waiting", Value: 512, Threshold: &half}, {Name: "drops", Value: 120.4, Unit: "1/s"}, {Name: "memory", Value: 4639232, Unit: "B"}},
		About:    diagnose.About{Local: netip.MustParseAddrPort("0.0.0.0:443")}, Owner: &socket.Owner{Process: &socket.Process{PID: 411, Name: "nginx"}, Unit: "nginx.service"},
		Check: command.Of("queues", "sport = :443", "--window", "10s"),
		Explains: []diagnose.Explained{{
			Why: text("nobody has accepted them yet", "还没有被 accept"),
			Finding: diagnose.Finding{
				Code: "QQ02", Severity: diagnose.Warning, Basis: diagnose.Lasting, Netns: web, Summary: text("12 CLOSE_WAIT belong to no process", "12 个 CLOSE_WAIT 不属于任何进程"),
				Evidence: []diagnose.Evidence{{Name: "CLOSE_WAIT", Value: 12}},
			},
		}},
	}
	noCounters := []diagnose.Missing{{Fact: "nf_conntrack.drop", Reason: text("conntrack is not loaded here", "此处未加载 conntrack")}}
	d := &report.Doctor{
		Diagnosis: &diagnose.Diagnosis{
			Window: 10 * time.Second,
			Findings: []diagnose.Finding{
				queue,
				{
					Code: "QQ03", Severity: diagnose.Notice, Basis: diagnose.Counts, Summary: text("348 <SYN_RECV> | `half open`", "348 个 <SYN_RECV> | `半连接`"),
					Changes: []diagnose.Change{{Key: "net.ipv4.tcp_syncookies", Value: "1", Why: text("the default", "默认值")}},
					Missing: noCounters, Check: command.Of("census", "state syn-recv", "--by", "remote/24"),
				},
				{
					Code: "QQ04", Severity: diagnose.Info, Netns: job, Summary: text("18,122 TIME_WAIT are 302 closes a second and 4.42 MiB: healthy, nothing to change", "18,122 个 TIME_WAIT 即每秒关闭 302 个连接，占 4.42 MiB：正常，无需更改"),
					Check: command.Of("explain", "TIME_WAIT"),
				},
			},
			NotJudged: []diagnose.NotJudged{{Code: "QQ05", Netns: job, Missing: noCounters}, {Code: "QQ06", Missing: noCounters}},
			Passed:    []string{"QQ07", "QQ08"},
		},
		Time: time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC), Host: "web1", Kernel: "6.18.1", Engine: "sock_diag", Exact: true,
		Namespaces: []*socket.Netns{web, job}, Tally: &query.Tally{},
		Gaps: []problem.Gap{{Source: "/proc/PID/fd", Reason: "1 of 106 processes may not be read", Structural: true}},
		CrossChecks: []report.DoctorCrossCheck{{
			Netns: web, Once: true,
			Comparisons: []diagnose.Comparison{{
				Name: knowledge.CompareTimeWait, OurName: "TIME_WAIT", Ours: 7, TheirName: "TCP.tw", Theirs: 9, Difference: 2,
				Parts: []diagnose.Part{{Name: "FIN_WAIT2 mini", Count: 2}}, Agreement: diagnose.AgreeExplained,
				Why: text("FIN_WAIT2 that are closed are of the same kind.", "已关闭的 FIN_WAIT2 属于同一种。"),
			}},
		}},
		Rules: []diagnose.Rule{rule("QQ01", "made-queue"), rule("QQ02", "made-close-wait"), rule("QQ03", "made-half-open"), rule("QQ04", "made-time-wait")},
	}
	d.Tally.Add(tcp.TimeWait, socket.Mini, 18122)
	d.Tally.Add(tcp.Established, socket.Full, 70)
	return d
}

func TestDoctorGolden(t *testing.T) {
	d := madeDoctor()
	for _, lang := range languages {
		golden(t, fmt.Sprintf("doctor.%s.txt", lang), DoctorText{Doctor: d, Lang: lang, Width: 100}.String())
		golden(t, fmt.Sprintf("doctor.%s.verbose.txt", lang), DoctorText{Doctor: d, Lang: lang, Width: 100, Verbose: true}.String())
		golden(t, fmt.Sprintf("doctor.%s.md", lang), DoctorMarkdown(d, lang))
		golden(t, fmt.Sprintf("doctor.rules.%s.txt", lang), RulesList{Rules: d.Rules, Lang: lang, Width: 80, Verbose: true}.String())
		var page bytes.Buffer
		if err := DoctorHTML(&page, d, lang); err != nil {
			t.Fatal(err)
		}
		golden(t, fmt.Sprintf("doctor.%s.html", lang), page.String())
	}
	golden(t, "doctor.60.txt", DoctorText{Doctor: d, Width: 60}.String())
	golden(t, "doctor.colour.txt", DoctorText{Doctor: d, Width: 100, Colour: true}.String())
	var doc bytes.Buffer
	if err := d.JSON(&doc); err != nil {
		t.Fatal(err)
	}
	golden(t, "doctor.json", doc.String())
}

// TestDoctorTextKeepsItsWidth: no line is too wide, except for commands and names that
// fill a line of their own.
func TestDoctorTextKeepsItsWidth(t *testing.T) {
	for _, lang := range languages {
		for width := 60; width <= 120; width += 7 {
			for line := range strings.Lines(DoctorText{Doctor: madeDoctor(), Lang: lang, Width: width, Verbose: true}.String()) {
				if got := Width(strings.TrimSuffix(line, "\n")); got > width {
					t.Errorf("%s: %d columns of %d: %s", lang, got, width, line)
				}
			}
		}
	}
}

// TestDoctorHTMLStandsAlone: the page loads nothing and runs nothing, and foreign
// names do not become markup.
func TestDoctorHTMLStandsAlone(t *testing.T) {
	d := madeDoctor()
	d.Host = "<script>alert(1)</script>"
	d.Findings[0].Summary.En = `<img>`
	var page bytes.Buffer
	if err := DoctorHTML(&page, d, knowledge.English); err != nil {
		t.Fatal(err)
	}
	for _, forbidden := range []string{"<script", "<img", "<link", "src=", "@import", "url(", "href="} {
		if strings.Contains(page.String(), forbidden) {
			t.Errorf("the page has %s", forbidden)
		}
	}
	if !strings.Contains(page.String(), "&lt;script&gt;") {
		t.Error("the host's name is not there")
	}
}

// TestDoctorFormsAgree: every form has the same findings and the same rules that were
// not judged.
func TestDoctorFormsAgree(t *testing.T) {
	d := madeDoctor()
	var page, doc bytes.Buffer
	if err := DoctorHTML(&page, d, knowledge.English); err != nil {
		t.Fatal(err)
	}
	if err := d.JSON(&doc); err != nil {
		t.Fatal(err)
	}
	forms := map[string]string{
		"text": DoctorText{Doctor: d, Width: 100}.String(), "markdown": DoctorMarkdown(d, knowledge.English), "html": page.String(), "json": doc.String(),
	}
	for form, text := range forms {
		for _, code := range []string{"QQ01", "QQ02", "QQ03", "QQ04", "QQ05", "QQ06"} {
			if !strings.Contains(text, code) {
				t.Errorf("%s does not say %s", form, code)
			}
		}
	}
	var parsed struct {
		Findings []struct {
			Explains []struct{ Finding struct{ Code string } }
		}
	}
	if err := json.Unmarshal(doc.Bytes(), &parsed); err != nil || parsed.Findings[0].Explains[0].Finding.Code != "QQ02" {
		t.Errorf("%v: %+v", err, parsed)
	}
}

func TestDoctorNothingFound(t *testing.T) {
	d := &report.Doctor{Diagnosis: &diagnose.Diagnosis{Passed: []string{"QQ01"}}, Engine: "sock_diag", Tally: &query.Tally{}}
	want := " 1 rule: 0 found something, 1 found nothing, 0 not judged · sock_diag · one reading\nnothing found\n"
	if got := (DoctorText{Doctor: d, Width: 100}).String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestPlugin(t *testing.T) {
	machine := &diagnose.Machine{
		Host: diagnose.Facts{Gauges: diagnose.NumbersOf(map[string]uint64{"TCP.orphan": 9}), Sysctls: map[string]string{"net.ipv4.tcp_max_orphans": "1000"}},
		Spaces: []*diagnose.Space{{
			Netns:   &socket.Netns{Inode: 1, Name: "it's=web"},
			Facts:   diagnose.Facts{Gauges: diagnose.NumbersOf(map[string]uint64{"TCP.tw": 5}), Sysctls: map[string]string{"net.ipv4.tcp_max_tw_buckets": "100"}},
			Sockets: &diagnose.Reading{Queues: &diagnose.QueueReading{}},
		}},
	}
	p := Plugin{Doctor: madeDoctor(), Machine: machine, Warn: diagnose.Warning, Crit: diagnose.Critical}
	line := p.String()
	text, perf, ok := strings.Cut(line, "|")
	if !ok || !strings.HasPrefix(text, "TCPVITALS CRITICAL - QQ01 host: accept queue of nginx") || strings.Contains(text, "QQ03") || strings.Count(line, "\n") != 1 {
		t.Errorf("%s", line)
	}
	for _, want := range []string{"time_wait=18122 ", "established=70 ", "'itsweb tw_buckets'=5;80;100;0;100", "orphans=9;250;500;0;1000"} {
		if !strings.Contains(perf, want) {
			t.Errorf("no %q in %s", want, perf)
		}
	}
	for _, c := range []struct {
		worst   diagnose.Severity
		partial bool
		want    report.PluginStatus
	}{
		{diagnose.Info, false, report.PluginOK},
		{diagnose.Notice, false, report.PluginOK},
		{diagnose.Notice, true, report.PluginUnknown},
		{diagnose.Warning, true, report.PluginWarning},
		{diagnose.Critical, false, report.PluginCritical},
	} {
		p.Partial = c.partial
		p.Diagnosis = &diagnose.Diagnosis{Findings: []diagnose.Finding{{Severity: c.worst}}}
		if got := p.Status(); got != c.want {
			t.Errorf("%v, partial %v: %v, want %v", c.worst, c.partial, got, c.want)
		}
	}
	if got := report.PluginLine(report.PluginUnknown, "a|b\nc", ""); got != "TCPVITALS UNKNOWN - a/b c\n" {
		t.Errorf("%q", got)
	}
}

func TestCodeSpan(t *testing.T) {
	for text, want := range map[string]string{
		"list": "`list`", "a`b": "`` a`b ``", "``a`": "``` ``a` ```", "`![](//e.e/a)`": "`` `![](//e.e/a)` ``",
	} {
		if got := codeSpan(text); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}

// TestDoctorAnswersWhose: the text says, in this order, whose it is, where, what to do
// first, which parameter to change at what cost, and where to read more; the last line
// gives the worst severity.
func TestDoctorAnswersWhose(t *testing.T) {
	for lang, want := range map[knowledge.Lang][]string{
		knowledge.English: {
			"QQ01", "whose: nginx pid 411, nginx.service", "now: Accept faster.", "check: ", "more: tcpvitals explain QQ01",
			"QQ03", "change: net.ipv4.tcp_syncookies = 1", "cost: ", "more: tcpvitals explain QQ03",
			"1 critical, 1 notice: host: accept queue of nginx :443 is full\n",
		},
		knowledge.Chinese: {
			"QQ01", "归属：nginx pid 411，nginx.service", "现在：加快 accept。", "验证：", "更多：tcpvitals explain QQ01",
			"QQ03", "调整：net.ipv4.tcp_syncookies = 1", "代价：", "更多：tcpvitals explain QQ03",
			"1 个严重，1 个提示：host：nginx :443 的 accept 队列已满\n",
		},
	} {
		got := DoctorText{Doctor: madeDoctor(), Lang: lang, Width: 80}.String()
		rest := got
		for _, part := range want {
			_, after, ok := strings.Cut(rest, part)
			if !ok {
				t.Fatalf("%s: %q is missing or out of order in\n%s", lang, part, got)
			}
			rest = after
		}
		if rest != "" {
			t.Errorf("%s: something follows the verdict: %q", lang, rest)
		}
	}
}

// TestWhoseIsSaidOnce: the owner is not repeated if the summary names it, and lists
// are in the style of the language.
func TestWhoseIsSaidOnce(t *testing.T) {
	f := &diagnose.Finding{
		About: diagnose.About{Local: netip.MustParseAddrPort("0.0.0.0:8080")},
		Owner: &socket.Owner{Process: &socket.Process{PID: 7, Name: "turn"}, Unit: "turn.service", Sharers: 2, Also: "halted[8], halted[9]"},
		Summary: knowledge.Text{
			En: "nobody accepts at turn[7] (turn.service) :8080: 5 connections wait",
			Zh: "turn[7]（turn.service）:8080 无人 accept：5 个连接在等",
		},
	}
	for lang, want := range map[knowledge.Lang]string{
		knowledge.English: "open in 3 processes, not accepting: halted[8], halted[9]",
		knowledge.Chinese: "3 个进程都打开着，halted[8]、halted[9] 也打开着它，但不 accept",
	} {
		v := newDoctorView(nil, lang)
		if got := v.whose(f); got != want {
			t.Errorf("%s: %q, want %q", lang, got, want)
		}
	}
	f.About.Local = netip.MustParseAddrPort("0.0.0.0:808")
	v := newDoctorView(nil, knowledge.Chinese)
	if got := v.whose(f); !strings.Contains(got, ":808，") {
		t.Errorf(":808 is not :8080: %q", got)
	}
}

// TestRulesWithoutAFinding: rules that found nothing, and rules that could not be
// judged, take one line each, however many there are, unless the derivation is
// requested.
func TestRulesWithoutAFinding(t *testing.T) {
	d := &report.Doctor{Diagnosis: &diagnose.Diagnosis{}, Engine: "sock_diag", Tally: &query.Tally{}}
	for i := range 12 {
		reason := fmt.Sprintf("reason %d", i%3)
		d.NotJudged = append(d.NotJudged, diagnose.NotJudged{
			Code: fmt.Sprintf("QQ%02d", i), Missing: []diagnose.Missing{{Fact: "TCP.tw", Reason: knowledge.Text{En: reason, Zh: reason}}},
		})
		d.Passed = append(d.Passed, fmt.Sprintf("RR%02d", i))
	}
	text := func(verbose bool) string { return DoctorText{Doctor: d, Width: 200, Verbose: verbose}.String() }
	if got := strings.Fields(text(false)); slices.ContainsFunc(got, func(w string) bool { return strings.HasPrefix(w, "QQ") || strings.HasPrefix(w, "RR") }) {
		t.Errorf("names rules without a finding:\n%s", text(false))
	}
	if n := strings.Count(strings.TrimSpace(text(false)), "\n"); n > 3 {
		t.Errorf("%d lines for what found nothing:\n%s", n+1, text(false))
	}
	for i := range 3 {
		if reason := fmt.Sprintf("reason %d", i); !strings.Contains(text(true), reason) {
			t.Errorf("asked for, %s is not named:\n%s", reason, text(true))
		}
	}
}
