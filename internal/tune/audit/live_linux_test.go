// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/kernel/sysctl"
)

// TestLiveKeys compares with glob(3).
func TestLiveKeys(t *testing.T) {
	p := &parameters{map[string][]string{}}
	for _, pattern := range []string{"net.ipv4.tcp_*", "net.*.*", "net.ipv4.conf.*.rp_filter", "net.ipv?.conf.[a-d]*.*", "*.*", "*", "net.core.somaxconn.*", "net.none.*", "net.ipv4.[", "net.ipv4.tcp_[^a-m]*"} {
		files, _ := filepath.Glob(sysctl.File(pattern))
		var want []string
		for _, f := range files {
			want = append(want, sysctl.Path(strings.TrimPrefix(f, "/proc/sys/")))
		}
		got := p.keys(pattern)
		slices.Sort(want)
		slices.Sort(got)
		if !slices.Equal(got, want) && sysctl.Valid(strings.NewReplacer("*", "x", "?", "x", "[", "x", "]", "x").Replace(pattern)) {
			t.Errorf("%s: %d keys, glob finds %d", pattern, len(got), len(want))
		}
	}
}
