// SPDX-License-Identifier: Apache-2.0

package knowledge

import (
	"regexp"
	"strings"
	"testing"
)

// TestEverySysctlIsComplete: a live entry says everything, in both languages.
func TestEverySysctlIsComplete(t *testing.T) {
	seen := map[string]bool{}
	for s := range Sysctls() {
		if seen[s.Key] {
			t.Errorf("%s: twice", s.Key)
		}
		seen[s.Key] = true
		checkText(t, s.Key+" summary", s.Summary)
		checkSource(t, s.Key, s.Source)
		for _, h := range s.History {
			checkText(t, s.Key+" history", h.Text)
			checkSource(t, s.Key, h.Source)
			checkSentence(t, s.Key, h.Text)
		}
		checkVerdicts(t, s)
		if s.Status == SysctlLive {
			checkLive(t, s)
		}
	}
}

func checkLive(t *testing.T, s Sysctl) {
	t.Helper()
	checkText(t, s.Key+" unit", s.Unit)
	for name, text := range map[string]Text{"risk": s.Risk, "need": s.Need, "helped": s.Helped} {
		checkText(t, s.Key+" "+name, text)
		checkSentence(t, s.Key+" "+name, text)
	}
	for name, text := range map[string]Text{"status": s.Status.Text(), "direction": s.Direction.Text(), "scope": s.Scope.Text(), "effect": s.Effect.Text()} {
		checkText(t, s.Key+" "+name, text)
	}
	if s.Kernel.Empty() || s.Safe.Empty() || !s.Safe.Within(s.Kernel) {
		t.Errorf("%s: safe %q is not within %q", s.Key, s.Safe, s.Kernel)
	}
	if s.Since != "" || s.Renamed != "" {
		t.Errorf("%s is live, but gone since %q, now %q", s.Key, s.Since, s.Renamed)
	}
	value, ok := s.Default.On(HostFacts{EhashEntries: 65536})
	switch {
	case !ok:
		checkText(t, s.Key+" default", s.Default.Text)
	case !s.Kernel.Contains(value):
		t.Errorf("%s: the kernel would refuse its default %s", s.Key, value)
	}
}

func checkVerdicts(t *testing.T, s Sysctl) {
	t.Helper()
	for _, v := range s.Verdicts {
		checkText(t, s.Key+" verdict", v.Text)
		checkText(t, s.Key+" verdict", v.Do)
		checkSentence(t, s.Key+" verdict", v.Do)
		checkSource(t, s.Key, v.Source)
		if strings.HasSuffix(v.Text.En, ".") || strings.HasSuffix(v.Text.Zh, "。") {
			t.Errorf("%s: full stop: %s", s.Key, v.Text.En)
		}
		whole := v.Values // a verdict may be about the first numbers of a tuple
		whole.Count = s.Kernel.Count
		if v.Kind == 0 || !v.Values.Empty() && v.Kind != Refused && !whole.Within(s.Kernel) {
			t.Errorf("%s: a verdict about %q, which is not within %q", s.Key, v.Values, s.Kernel)
		}
		for _, other := range v.When {
			if _, ok := SysctlOf(other.Key); !ok || other.Key == s.Key {
				t.Errorf("%s: depends on %s", s.Key, other.Key)
			}
		}
		for _, key := range v.Recipe {
			if _, ok := SysctlOf(key); !ok {
				t.Errorf("%s: in the company of %s", s.Key, key)
			}
		}
	}
}

// checkSentence wants what ends like a sentence.
func checkSentence(t *testing.T, where string, text Text) {
	t.Helper()
	if !strings.HasSuffix(text.En, ".") || !strings.HasSuffix(text.Zh, "。") {
		t.Errorf("%s: no sentence: %s %s", where, text.En, text.Zh)
	}
}

// TestSysctlDefaultsAreSafe: a default that tcpvitals would not offer itself
// is a mistake in the catalogue.
func TestSysctlDefaultsAreSafe(t *testing.T) {
	for s := range Sysctls() {
		if s.Status != SysctlLive {
			continue
		}
		for _, buckets := range []uint64{32768, 65536, 262144, 524288} {
			if value, ok := s.Default.On(HostFacts{EhashEntries: buckets}); ok && !s.Safe.Contains(value) {
				t.Errorf("%s: default %s is not within %q", s.Key, value, s.Safe)
			}
		}
	}
}

// TestSysctlLinks: every cross reference leads to something: a parameter, a
// topic, or what looks like a rule; rules are known to internal/diagnose only.
func TestSysctlLinks(t *testing.T) {
	rule := regexp.MustCompile(`^[A-Z]{2}\d\d$`)
	index := NewIndex(Topics())
	for s := range Sysctls() {
		for _, link := range s.See {
			_, isKey := SysctlOf(link)
			_, isTopic := index.Lookup(link)
			if !isKey && !isTopic && !rule.MatchString(link) {
				t.Errorf("%s: see %q", s.Key, link)
			}
			if link == s.Key {
				t.Errorf("%s: sees itself", s.Key)
			}
		}
	}
}

// TestSafeValuesHaveNoVerdict: what tcpvitals would offer it does not blame,
// except in circumstances.
func TestSafeValuesHaveNoVerdict(t *testing.T) {
	for s := range Sysctls() {
		if s.Status != SysctlLive || !s.Safe.Numeric() || s.Safe.Count > 1 {
			continue
		}
		for _, v := range s.Verdicts {
			if len(v.When) > 0 || len(v.Recipe) > 0 {
				continue
			}
			for _, span := range v.Values.Spans {
				for _, safe := range s.Safe.Spans {
					if span.Min <= safe.Max && safe.Min <= span.Max {
						t.Errorf("%s: %d..%d is safe and %v", s.Key, span.Min, span.Max, v.Text.En)
					}
				}
			}
		}
	}
}

func TestSysctlRange(t *testing.T) {
	tuple := ints(1, 65535).tuple(2).ordered()
	for _, test := range []struct {
		r     SysctlRange
		value string
		want  bool
	}{
		{ints(5, 60).or(120, 120), "60", true},
		{ints(5, 60).or(120, 120), "61", false},
		{ints(5, 60).or(120, 120), " 120\n", true},
		{ints(5, 60), "0x20", true},
		{ints(5, 60), "040", true},
		{ints(5, 60), "08", false},
		{ints(5, 60), "0b11", false},
		{ints(5, 60), "1_0", false},
		{ints(5, 60), "30s", false},
		{ints(5, 60), "", false},
		{ints(5, 60), "30 999", true}, // the kernel reads the first
		{tuple, "1024 65535", true},
		{tuple, "1024\t65535", true},
		{tuple, "1024", true},
		{tuple, "65535 1024", false},
		{tuple, "0 1024", false},
		{SysctlRange{Ports: true}, "8080,9000-9010", true},
		{SysctlRange{Ports: true}, "", true},
		{SysctlRange{Ports: true}, "9010-9000", false},
		{SysctlRange{Ports: true}, "70000", false},
		{SysctlRange{Words: []string{"fq", "pfifo_fast"}}, "fq", true},
		{SysctlRange{Words: []string{"fq", "pfifo_fast"}}, "sfq", false},
		{SysctlRange{AnyText: true}, "anything", true},
	} {
		if got := test.r.Contains(test.value); got != test.want {
			t.Errorf("%s contains %q: want %v", test.r, test.value, test.want)
		}
	}
	if got := ints(5, 60).or(120, 120).String(); got != "5..60, 120" {
		t.Errorf("got %s", got)
	}
}

func TestBuckets(t *testing.T) {
	for _, test := range []struct {
		facts HostFacts
		want  uint64
	}{
		{HostFacts{}, 0},
		{HostFacts{MemTotal: 1020 << 20}, 8192},
		{HostFacts{MemTotal: 4000 << 20}, 32768},
		{HostFacts{MemTotal: 24 << 30}, 262144},
		{HostFacts{MemTotal: 500 << 30}, 524288},
		{HostFacts{MemTotal: 500 << 30, EhashEntries: 64}, 64},
	} {
		if got, ok := test.facts.Buckets(); got != test.want || ok != (test.want > 0) {
			t.Errorf("%+v: want %d, got %d", test.facts, test.want, got)
		}
	}
}
