// SPDX-License-Identifier: Apache-2.0

package plan_test

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
	"github.com/tcpvitals/tcpvitals/internal/tune/plan"
	"github.com/tcpvitals/tcpvitals/internal/visible"
)

func full() *plan.Plan {
	return &plan.Plan{Netns: "web", Changes: []plan.Change{
		{
			Key: "net.core.somaxconn", Value: "8192", Was: "4096", WasKnown: true, Scope: "each network namespace", Reason: "12 connections dropped",
			Effect: "with the next listen()", Check: "tcpvitals queues", Risk: "latency", Finding: "AQ01", Subject: ":443",
			Measure: &plan.Measure{Name: "ListenOverflows", Value: 3.5, Unit: "1/s"},
		},
		{Key: "net.ipv4.ip_local_reserved_ports", Value: "", Was: "8080", WasKnown: true, Accepted: true},
		{Key: "net.ipv4.conf.eth0/7.rp_filter", Value: "1 2 3"},
	}}
}

// TestRoundTrip: what is written is what is read, and sysctl(8) can read it too.
func TestRoundTrip(t *testing.T) {
	p := full()
	p.Made, p.Note = "Made today.", "A note."
	p.Left = []plan.Answer{{Request: plan.Request{Key: "net.ipv4.tcp_tw_recycle", Value: "1"}, Kind: plan.Refused, Why: knowledge.Text{En: "removed"}}}
	text := p.Format()
	got, err := plan.Parse("p", text)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if diff := cmp.Diff(full(), got, cmpopts.IgnoreFields(plan.Change{}, "Line")); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	for line := range strings.Lines(text) {
		if line != "\n" && line[0] != '#' && !strings.Contains(line, " = ") {
			t.Errorf("sysctl(8) would not take %q", line)
		}
	}
	if !strings.Contains(text, "# net.ipv4.tcp_tw_recycle = 1: refused: removed.\n") {
		t.Errorf("%s", text)
	}
	if got.Changes[0].Line == 0 || got.Format() == "" {
		t.Error("no line number")
	}
}

const head = "#: tcpvitals-plan 1\n"

// TestParseFieldsOnce: a field that stands twice is refused, for a person reads
// one of the two and the program another.
func TestParseFieldsOnce(t *testing.T) {
	const field, below = "#: %s %s\n", "net.core.somaxconn = 1\n"
	for name, values := range map[string][2]string{
		"tcpvitals-plan": {"1", "1"}, "netns": {"web", "self"}, "was": {"1", "2"}, "finding": {"AQ01 a", "AQ02 b"}, "measure": {"a 1 x", "a 1 x"},
		"reason": {"a", "b"}, "scope": {"a", "b"}, "effect": {"a", "b"}, "check": {"a", "b"}, "risk": {"a", "b"},
		"accept-risk": {"net.core.somaxconn", "net.core.somaxconn"},
	} {
		start := head
		if name == "tcpvitals-plan" {
			start = "# a comment\n"
		}
		text := start + fmt.Sprintf(field, name, values[0]) + fmt.Sprintf(field, name, values[1]) + below
		if _, err := plan.Parse("p", text); err == nil || !strings.HasPrefix(err.Error(), "p:3: "+name+" stands in line 2 already") {
			t.Errorf("%s twice: %v", name, err)
		}
		if name == "tcpvitals-plan" || name == "netns" { // of the whole plan
			text = start + fmt.Sprintf(field, name, values[0]) + below + fmt.Sprintf(field, name, values[1])
			if _, err := plan.Parse("p", text); err == nil || !strings.Contains(err.Error(), "p:4: "+name+" stands in line 2 already") {
				t.Errorf("%s twice, apart: %v", name, err)
			}
			continue
		}
		text = start + fmt.Sprintf(field, name, values[0]) + below + "#: reason a\n"
		if name != "accept-risk" && name != "reason" {
			text += fmt.Sprintf(field, name, values[1])
		}
		if _, err := plan.Parse("p", text+"net.core.rmem_max = 1\n"); err != nil {
			t.Errorf("%s of two parameters: %v", name, err)
		}
	}
}

// TestParseErrors: each names the line and the way out.
func TestParseErrors(t *testing.T) {
	for _, test := range []struct{ name, text, want, hint string }{
		{"not a plan", "net.core.somaxconn = 1\n", "p: not a plan", "tune plan p"},
		{"newer", "#: tcpvitals-plan 2\n", `p:1: plan version "2" is unknown`, "version 1"},
		{"field", head + "#: foo bar\n", `p:2: unknown field "foo"`, "fields are finding"},
		{"no key", head + "#: was 1\n", "p: line 2 describes a parameter, but none follows", "KEY = VALUE"},
		{"no value", head + "\nnet.core.somaxconn 8192\n", "p:3: neither a comment nor KEY = VALUE", "write the parameter as"},
		{"dash", head + "-net.core.somaxconn = 8192\n", "p:2: a plan does not ignore errors", `without "-"`},
		{"pattern", head + "net.ipv4.conf.*.rp_filter = 1\n", "is no name of a parameter", "name each"},
		{"twice", head + "net.core.somaxconn = 1\r\nnet/core/somaxconn = 2\r\n", "p:3: net.core.somaxconn stands in line 2 already", "delete"},
		{"measure", head + "#: measure x\n", "p:2: a measure is a name, a number and a unit", "such as"},
		{"no number", head + "#: measure x y z\n", `p:2: "y" is no number`, "such as"},
		{"escape", head + "#: finding X a\x1b[2K\x1b[1A\nnet.core.x = 1\n", `p:2: the control character \x1b is invisible`, "look at what else it hid"},
		{"comment", head + "# a\x9b2K\nnet.core.x = 1\n", `p:2: the byte \x9b, which is no UTF-8`, "delete"},
		{"c1", head + "#: reason \u009b2K\nnet.core.x = 1\n", `p:2: the control character \u009b`, "delete"},
		{"delete", head + "net.core.x = 1\x7f\n", `p:2: the control character \x7f`, "delete"},
		{"return", head + "#: reason a\rnet.core.y = 2\nnet.core.x = 1\n", `p:2: the control character \r`, "delete"},
		{"direction", head + "net.core.x = \u202e1\n", `p:2: the invisible character \u202e`, "delete"},
		{"invisible", head + "#: netns web\u200b\nnet.core.x = 1\n", `p:2: the invisible character \u200b`, "delete"},
		{"before the version", "\x00" + head, `p:1: the control character \x00`, "delete"},
		{"long", head + "#: reason " + strings.Repeat("x", 4096) + "\nnet.core.x = 1\n", "p:2: the line: longer than 4096 bytes", "one parameter"},
		{"accepted", head + "#: accept-risk net.core.x\nnet.core.y = 1\n", "p:3: accept-risk names net.core.x, but net.core.y follows", "accept-risk net.core.y"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := plan.Parse("p", test.text)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("%v, want %s", err, test.want)
			}
			hint := ""
			if syntax, ok := errors.AsType[*problem.SyntaxError](err); ok {
				hint = syntax.Hint
			}
			if input, ok := errors.AsType[*problem.InputError](err); ok {
				hint = input.Hint
			}
			if !strings.Contains(hint, test.hint) {
				t.Errorf("hint %q, want %s", hint, test.hint)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	f.Add(full().Format())
	f.Add(head + "#: was\na.b=\n")
	f.Add(head + "#: netns \t x\r\n;c\n/a/b.c = 1\n")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := plan.Parse("p", text)
		if err != nil {
			return
		}
		if at := visible.Hidden(strings.NewReplacer("\n", "", "\r\n", "", "\t", "").Replace(text)); at >= 0 {
			t.Errorf("a plan with %s in it", visible.Name(text[at:]))
		}
		again, err := plan.Parse("p", p.Format())
		if err != nil {
			t.Fatalf("%v\n%q\n%q", err, text, p.Format())
		}
		if diff := cmp.Diff(again.Format(), p.Format()); diff != "" {
			t.Errorf("not stable\n%s", diff)
		}
	})
}

// TestHiddenIsNotWritten: what a finding or a file says cannot hide a line of a
// plan that is printed, nor can a request.
func TestHiddenIsNotWritten(t *testing.T) {
	p := full()
	evil := "a\x1b[2K\x1b[1A\nnet.core.y = 1\r\u202e\xff"
	c := &p.Changes[0]
	for _, field := range []*string{&p.Made, &p.Note, &c.Was, &c.Scope, &c.Reason, &c.Effect, &c.Check, &c.Risk, &c.Subject} {
		*field = evil
	}
	p.Left = []plan.Answer{{Request: plan.Request{Key: "a." + evil, Value: evil}, Kind: plan.Refused, Why: knowledge.Text{En: evil}}}
	text := p.Format()
	if visible.Hidden(strings.ReplaceAll(text, "\n", "")) >= 0 || strings.Contains(text, "\nnet.core.y") {
		t.Errorf("%q", text)
	}
	if got, err := plan.Parse("p", text); err != nil || len(got.Changes) != len(p.Changes) {
		t.Errorf("%v: %q", err, text)
	}
	if _, err := plan.ParseSet("net.core.x=1\x1b[2K"); err == nil {
		t.Error("--set takes an escape")
	}
	if _, err := plan.ParseConf("f", "net.core.x = 1\u202e\n"); err == nil {
		t.Error("a file with a hidden character is taken")
	}
	if got, err := plan.ParseConf("f", "# caf\xe9\nnet.ipv4.tcp_rmem\t=\t4096\t131072\t6291456\n"); err != nil || len(got) != 1 {
		t.Errorf("a comment in another encoding, and tabs: %v", err)
	}
}

// values is a machine; those that end in "!" are read-only.
type values map[string]string

func (v values) Value(key string) (string, error) {
	value, ok := v[key]
	if !ok {
		return "", fs.ErrNotExist
	}
	return strings.TrimSuffix(value, "!"), nil
}

func (v values) ReadOnly(key string) bool { return strings.HasSuffix(v[key], "!") }

func host() values {
	return values{
		"net.ipv4.tcp_syncookies": "1", "net.ipv4.tcp_tw_reuse": "2", "net.ipv4.tcp_fin_timeout": "60", "net.ipv4.tcp_timestamps": "1",
		"net.core.somaxconn": "4096", "net.core.rmem_max": "212992!", "net.ipv4.ip_local_port_range": "32768\t60999",
		"net.ipv4.tcp_max_tw_buckets": "131072", "net.ipv4.tcp_syn_retries": "6", "net.ipv4.tcp_low_latency": "0", "net.ipv4.foo": "1",
	}
}

const howto = `net.ipv4.tcp_syncookies = 1
net.ipv4.tcp_tw_reuse = 1
net.ipv4.tcp_tw_recycle = 1
net.ipv4.tcp_fin_timeout = 30
`

func server() plan.Evidence {
	return plan.Evidence{
		Count:            func(tcp.State) (uint64, bool) { return 30, true },
		OutgoingTimeWait: func() (uint64, bool) { return 0, true },
	}
}

// TestHowTo answers the four lines one by one.
func TestHowTo(t *testing.T) {
	requests, err := plan.ParseConf("howto", howto)
	if err != nil {
		t.Fatal(err)
	}
	answers := plan.Judge(requests, host(), server(), plan.Rules{})
	for i, want := range []struct {
		kind plan.Kind
		text string
	}{
		{plan.AlreadySo, "the value is 1, which is the kernel's default."},
		{plan.NoEffect, "only connect() uses it"},
		{plan.Refused, "removed in Linux 4.12; before that it locked out clients behind NAT. Delete the line."},
		{plan.WrongTarget, "does not shorten TIME_WAIT (a constant 60 s): it bounds orphaned FIN_WAIT2, of which there are 30 here."},
	} {
		if a := answers[i]; a.Kind != want.kind || !strings.Contains(a.Sentence(), want.text) {
			t.Errorf("%s: %s: %s\nwant %s: %s", a.Key, a.Kind, a.Sentence(), want.kind, want.text)
		}
		if answers[i].SentenceIn(knowledge.Chinese) == "" {
			t.Errorf("%s has no answer in Chinese", answers[i].Key)
		}
	}
	accepted := plan.Judge(requests, host(), server(), plan.Rules{Accept: []string{"net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_tw_recycle"}})
	if accepted[3].Kind != plan.Planned || !accepted[3].Accepted {
		t.Errorf("accepted: %s", accepted[3].Kind)
	}
	if accepted[2].Kind != plan.Refused {
		t.Errorf("what does not exist was accepted: %s", accepted[2].Kind)
	}
}

func TestJudge(t *testing.T) {
	for _, test := range []struct {
		key, value string
		kind       plan.Kind
		acceptable bool
		text       string
	}{
		{"net.core.somaxconn", "8192", plan.Planned, false, ""},
		{"net.core.somaxconn", "1024", plan.Refused, true, ""}, // lowers
		{"net.core.somaxconn", "4096", plan.AlreadySo, false, ""},
		{"net.core.somaxconn", "-1", plan.Refused, false, "the kernel takes"},
		{"net.ipv4.tcp_fin_timeout", "30", plan.Planned, false, ""}, // by itself it is no recipe for TIME_WAIT
		{"net.ipv4.tcp_fin_timeout", "90", plan.Refused, true, "2 x (T-60)"},
		{"net.ipv4.tcp_syncookies", "0", plan.Refused, true, ""},
		{"net.ipv4.tcp_timestamps", "0", plan.Refused, true, ""},
		{"net.ipv4.ip_local_port_range", "32768 60999", plan.AlreadySo, false, ""},
		{"net.ipv4.tcp_max_tw_buckets", "5000", plan.Refused, true, ""},
		{"net.ipv4.tcp_max_tw_buckets", "262144", plan.Planned, false, ""},
		{"net.ipv4.tcp_syn_retries", "128", plan.Refused, false, "the kernel takes 1..127"},
		{"net.core.rmem_max", "4194304", plan.ReadOnly, false, "cannot be set in this namespace"},
		{"net.ipv4.tcp_mem", "1 2 3", plan.Absent, false, "initial network namespace only"},
		{"net.ipv4.nothing", "1", plan.Absent, false, "neither this kernel"},
		{"net.ipv4.foo", "2", plan.Refused, true, "not in the catalogue"},
		{"net.ipv4.tcp_low_latency", "1", plan.NoEffect, true, ""},
	} {
		a := plan.Judge([]plan.Request{{Key: test.key, Value: test.value}}, host(), plan.Evidence{}, plan.Rules{})[0]
		if a.Kind != test.kind || a.Acceptable != test.acceptable || !strings.Contains(a.Sentence(), test.text) {
			t.Errorf("%s = %s: %s, acceptable %v: %s", test.key, test.value, a.Kind, a.Acceptable, a.Sentence())
		}
	}
}

// TestBack: the way back to the kernel's default is open, against the direction.
func TestBack(t *testing.T) {
	m := host()
	m["net.ipv4.tcp_fin_timeout"] = "15"
	m["net.ipv4.tcp_timestamps"] = "0"
	for key, value := range map[string]string{"net.ipv4.tcp_fin_timeout": "60", "net.ipv4.tcp_timestamps": "1"} {
		if a := plan.Judge([]plan.Request{{Key: key, Value: value}}, m, plan.Evidence{}, plan.Rules{})[0]; a.Kind != plan.Planned {
			t.Errorf("%s = %s: %s: %s", key, value, a.Kind, a.Sentence())
		}
	}
}

// TestNearer: what makes a value better is not refused for not being good yet.
func TestNearer(t *testing.T) {
	m := host()
	m["net.core.netdev_max_backlog"] = "100"
	m["net.core.somaxconn"] = "128"
	for _, test := range []struct {
		key, value string
		kind       plan.Kind
	}{
		{"net.core.somaxconn", "256", plan.Planned},
		{"net.core.somaxconn", "64", plan.Refused},
		{"net.core.somaxconn", "4096", plan.Planned},
	} {
		if a := plan.Judge([]plan.Request{{Key: test.key, Value: test.value}}, m, plan.Evidence{}, plan.Rules{})[0]; a.Kind != test.kind {
			t.Errorf("%s = %s: %s: %s", test.key, test.value, a.Kind, a.Sentence())
		}
	}
}

// TestFindings: a finding brings its reason, its number and its check along,
// and has looked itself whether the change has an effect.
func TestFindings(t *testing.T) {
	found := []plan.Finding{
		{Code: "AQ01", Subject: ":443", Evidence: knowledge.Text{En: "12 dropped", Zh: "丢弃 12 个"}, Measure: &plan.Measure{Name: "drops", Value: 12}, Check: "tcpvitals queues", Key: "net.core.somaxconn", Value: "8192"},
		{Code: "TW03", Evidence: knowledge.Text{En: "ports", Zh: "端口"}, Key: "net.ipv4.tcp_tw_reuse", Value: "1"},
		{Code: "TW07", Subject: "x", Key: "net.ipv4.tcp_max_tw_buckets", Why: knowledge.Text{En: "256 bytes each", Zh: "每个 256 字节"}},
		{Code: "AQ02", Key: "net.core.somaxconn", Value: "16384"}, // asks for more than AQ01
		{Code: "TW04", Key: "net.ipv4.tcp_tw_reuse"},
	}
	p := plan.Of(plan.Judge(plan.FromFindings(found), host(), server(), plan.Rules{}), knowledge.English)
	if len(p.Changes) != 2 || len(p.Left) != 1 {
		t.Fatalf("%+v", p)
	}
	if c := p.Changes[0]; c.Finding != "AQ02" || c.Value != "16384" {
		t.Errorf("of two values the plan has %+v", c)
	}
	if want := "# net.ipv4.tcp_max_tw_buckets: no value named: TW07 x says that it would help, how far is for you to say; it is 131072 now. 256 bytes each."; !strings.Contains(p.Format(), want) {
		t.Errorf("want %s in\n%s", want, p.Format())
	}
	found = found[:2]
	c := plan.Of(plan.Judge(plan.FromFindings(found), host(), server(), plan.Rules{}), knowledge.English).Changes[0]
	if c.Finding != "AQ01" || c.Subject != ":443" || c.Reason != "12 dropped" || c.Check != "tcpvitals queues" || c.Measure.Value != 12 || c.Was != "4096" {
		t.Errorf("%+v", c)
	}
}

func TestIntents(t *testing.T) {
	for _, word := range plan.Intents() {
		if _, ok := plan.ParseIntent(word); !ok {
			t.Errorf("%s is not understood", word)
		}
	}
	for _, test := range []struct {
		intent plan.Intent
		key    string
		want   bool
	}{
		{plan.WebServer, "net.core.somaxconn", true},
		{plan.WebServer, "net.ipv4.tcp_tw_reuse", false},
		{plan.Client, "net.ipv4.tcp_tw_reuse", true},
		{plan.Client, "net.core.somaxconn", false},
		{plan.Proxy, "net.ipv4.ip_local_port_range", true},
		{plan.NATGateway, "net.netfilter.nf_conntrack_max", true},
		{plan.NATGateway, "net.core.somaxconn", false},
	} {
		if test.intent.Wants(test.key) != test.want {
			t.Errorf("%s wants %s: %v", test.intent, test.key, !test.want)
		}
	}
}

func TestRequests(t *testing.T) {
	if _, err := plan.ParseSet("net.core.somaxconn"); err == nil {
		t.Error("--set without a value")
	}
	r, err := plan.ParseSet("net/ipv4/tcp_fin_timeout = 30")
	if err != nil || r.Key != "net.ipv4.tcp_fin_timeout" || r.Value != "30" {
		t.Errorf("%+v, %v", r, err)
	}
	all, err := plan.ParseConf("f", "# c\r\n-net.core.somaxconn=1\r\n;\n-net.ipv4.x\nnet.core.somaxconn = 2\n")
	if err != nil || len(all) != 1 || all[0].Value != "2" || all[0].From != "f:5" {
		t.Errorf("%+v, %v", all, err)
	}
	for _, text := range []string{"nonsense\n", "net.ipv4.conf.*.x = 1\n"} {
		if _, err := plan.ParseConf("f", "\n"+text); err == nil || !strings.HasPrefix(err.Error(), "f:2: ") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// TestMeasureIsShort: digits that say nothing are not written.
func TestMeasureIsShort(t *testing.T) {
	for want, m := range map[string]plan.Measure{
		"ports 72.78 %":  {Name: "ports", Value: 72.77777777777779, Unit: "%"},
		"closes 0.333/s": {Name: "closes", Value: 1.0 / 3, Unit: "/s"},
		"waiting 512":    {Name: "waiting", Value: 512},
		"bytes 3797505":  {Name: "bytes", Value: 3797505},
		"none 0 %":       {Name: "none", Unit: "%"},
	} {
		if got := strings.ReplaceAll(m.String(), " /s", "/s"); got != want {
			t.Errorf("%q, not %q", got, want)
		}
	}
}
