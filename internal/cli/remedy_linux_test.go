// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// aPlan is the part of the output of tune plan that the tests use.
type aPlan struct {
	Answers []struct{ Key, Value, Answer, Why, From string }
	Plan    string
}

// remedies lists the parameters that doctor proposes to change, including those of
// findings below others.
func remedies(all []found, into map[string]string) map[string]string {
	for _, f := range all {
		for _, c := range f.Changes {
			into[c.Key] = c.Value
		}
		for _, e := range f.Explains {
			remedies([]found{e.Finding}, into)
		}
	}
	return into
}

// planHoldsAll checks that a plan made from findings contains every remedy that doctor
// prints, or says why not.
func planHoldsAll(t *testing.T, ns *testnet.NS, want ...string) aPlan {
	t.Helper()
	v := doctorOf(t, ns)
	told := remedies(v.Findings, map[string]string{})
	if keys := slices.Sorted(maps.Keys(told)); !slices.Equal(keys, want) {
		t.Fatalf("the doctor tells of %v, want %v:\n%s", keys, want, v)
	}
	var p aPlan
	answer(t, ns, &p, "tune", "plan", "--from-doctor")
	for key, value := range told {
		at := slices.IndexFunc(p.Answers, func(a struct{ Key, Value, Answer, Why, From string }) bool { return a.Key == key })
		if at < 0 {
			t.Fatalf("the plan says nothing of %s:\n%s", key, p.Plan)
		}
		a := p.Answers[at]
		planned := strings.Contains(p.Plan, "\n"+key+" = "+value+"\n")
		switch {
		case value != "" && (a.Answer != "planned" || !planned || a.Value != value):
			t.Errorf("%s = %s of %s is %s: %s\n%s", key, value, a.From, a.Answer, a.Why, p.Plan)
		case value == "" && (a.Answer != "no value named" || !strings.Contains(p.Plan, "# "+key+": no value named: "+a.From)):
			t.Errorf("%s is %s: %s\n%s", key, a.Answer, a.Why, p.Plan)
		}
	}
	return p
}

// TestPlanOfShortQueue: the queue is limited by somaxconn, which is far below the
// kernel's default, as in old containers. The plan accepts doctor's proposal.
func TestPlanOfShortQueue(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	ns.SetSysctl("net.core.somaxconn", "4")
	fd := listenOn(t, ns, endpoint(1, 8080), 511)
	connectTo(t, ns, endpoint(1, 8080), 5)
	adopt(t, "old", fd)
	f := doctorOf(t, ns).finding(t, "AQ01", "critical")
	f.proposes(t, "net.core.somaxconn=4096")
	planHoldsAll(t, ns, "net.core.somaxconn")
}

// TestPlanOfPorts: a parameter that would help but has no proposed value is in the
// plan without one, and a value that is tighter than the kernel's default returns to
// the default.
func TestPlanOfPorts(t *testing.T) {
	l := newPortLab(t, map[string]string{"net.ipv4.tcp_tw_reuse": "0"})
	l.leave(15, 8080, plainConnect)
	l.exhaust(8080, plainConnect)
	planHoldsAll(t, l.ns, "net.ipv4.ip_local_port_range", "net.ipv4.tcp_tw_reuse")
	l.ns.SetSysctl("net.ipv4.tcp_max_tw_buckets", "16")
	planHoldsAll(t, l.ns, "net.ipv4.ip_local_port_range", "net.ipv4.tcp_max_tw_buckets", "net.ipv4.tcp_tw_reuse")
}

// TestPlanNamesNoValue: the range is the kernel's default, and somebody has reserved
// ports in it. Only who knows the reason can say which ports may be released.
func TestPlanNamesNoValue(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	ns.SetSysctl("net.ipv4.ip_local_reserved_ports", "1024-60989") // ten are left
	listener := listenOn(t, ns, endpoint(1, 8080), 64)
	connectTo(t, ns, endpoint(1, 8080), 10)
	acceptOpen(t, listener, 10)
	p := planHoldsAll(t, ns, "net.ipv4.ip_local_reserved_ports")
	if !strings.Contains(p.Plan, "# Not in this plan:") || !strings.Contains(p.Plan, "Reserve") && !strings.Contains(p.Plan, "reserve") {
		t.Errorf("%s", p.Plan)
	}
}
