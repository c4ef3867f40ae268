// SPDX-License-Identifier: Apache-2.0

package knowledge

import (
	"errors"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

func sysctlFile(key string) string { return "/proc/sys/" + strings.ReplaceAll(key, ".", "/") }

// hostFacts reads what defaults follow from. In a namespace that shares the
// table of connections its size is shown below zero.
func hostFacts(t *testing.T) HostFacts {
	t.Helper()
	raw, err := os.ReadFile(sysctlFile("net.ipv4.tcp_ehash_entries"))
	if err != nil {
		t.Skip("Linux before 6.1 does not tell the size of the table of connections")
	}
	n, err := strconv.ParseUint(strings.Trim(string(raw), "-\n"), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return HostFacts{EhashEntries: n}
}

// newDefaults are those that this catalogue gives for the newest kernel; on an
// older one the former default is right as well.
func (d SysctlDefault) wasEver(value string, facts HostFacts) bool {
	if now, ok := d.On(facts); ok && now == value {
		return true
	}
	for _, former := range d.Former {
		if former.Value == value {
			return true
		}
	}
	return false
}

// TestDefaultsOfThisKernel compares the catalogue with a fresh namespace.
func TestDefaultsOfThisKernel(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	compared := 0
	ns.Do(func() {
		facts := hostFacts(t)
		for s := range Sysctls() {
			_, known := s.Default.On(facts)
			if s.Status != SysctlLive || s.Scope != PerNetns || !known {
				continue
			}
			raw, err := os.ReadFile(sysctlFile(s.Key))
			if errors.Is(err, fs.ErrNotExist) {
				continue // an older kernel, or one without conntrack
			}
			if err != nil {
				t.Fatal(err)
			}
			compared++
			if value := strings.Join(strings.Fields(string(raw)), " "); !s.Default.wasEver(value, facts) && !copied(s.Key) {
				want, _ := s.Default.On(facts)
				t.Errorf("%s: the default here is %s, not %s", s.Key, value, want)
			}
		}
	})
	if compared < 30 {
		t.Errorf("only %d parameters were compared", compared)
	}
}

// copied reports whether a new namespace starts with the value of the initial
// one, which somebody may have changed (net/ipv4/tcp_ipv4.c tcp_sk_init).
func copied(key string) bool { return key == "net.ipv4.tcp_rmem" || key == "net.ipv4.tcp_wmem" }

// TestRangesOfThisKernel writes the ends of every range, and what lies beyond
// them, into a fresh namespace.
func TestRangesOfThisKernel(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	ns.Do(func() {
		for s := range Sysctls() {
			if s.Status == SysctlLive && s.Scope == PerNetns && s.Kernel.Numeric() && s.Kernel.Count < 2 {
				checkEnds(t, s)
			}
		}
	})
}

func checkEnds(t *testing.T, s Sysctl) {
	t.Helper()
	old, err := os.ReadFile(sysctlFile(s.Key))
	if err != nil {
		return
	}
	low, high := s.Kernel.Spans[0].Min, s.Kernel.Spans[len(s.Kernel.Spans)-1].Max
	ends := map[int64]bool{low: true, high: true, low - 1: false, high + 1: false}
	switch {
	case high == maxSeconds: // how much depends on the kernel's clock
		ends = map[int64]bool{low / 10: true, high / 10: true, low - 1: false, high + 1: false}
	case s.Key == "net.ipv4.ip_unprivileged_port_start": // must not reach into ip_local_port_range
		ends = map[int64]bool{low: true, 1024: true, low - 1: false, high + 1: false}
	}
	for value, accepted := range ends {
		err := os.WriteFile(sysctlFile(s.Key), []byte(strconv.FormatInt(value, 10)), 0)
		if accepted != (err == nil) {
			t.Errorf("%s = %d: expected to be accepted: %v, got %v", s.Key, value, accepted, err)
		}
	}
	if err := os.WriteFile(sysctlFile(s.Key), old, 0); err != nil {
		t.Errorf("%s: restore: %v", s.Key, err)
	}
}

// TestScopesOfThisKernel looks at which parameters a fresh namespace has, and
// which it may write.
func TestScopesOfThisKernel(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	ns.Do(func() {
		for s := range Sysctls() {
			if s.Status != SysctlLive {
				continue
			}
			info, err := os.Stat(sysctlFile(s.Key))
			switch {
			case s.Scope == InitNetnsOnly && err == nil:
				t.Errorf("%s is not in the initial namespace only", s.Key)
			case s.Scope == ReadOnlyElsewhere && err == nil && info.Mode().Perm()&0o222 != 0:
				t.Errorf("%s can be written in another namespace", s.Key)
			case s.Scope == PerNetns && err == nil && info.Mode().Perm()&0o200 == 0:
				t.Errorf("%s cannot be written in another namespace", s.Key)
			}
		}
	})
}

// TestDeadKeysOfThisKernel: what is listed as removed is not there.
func TestDeadKeysOfThisKernel(t *testing.T) {
	for s := range Sysctls() {
		if _, err := os.Stat(sysctlFile(s.Key)); s.Status == SysctlRemoved && err == nil {
			t.Errorf("%s is here", s.Key)
		}
	}
}
