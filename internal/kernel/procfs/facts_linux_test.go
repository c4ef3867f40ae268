// SPDX-License-Identifier: Apache-2.0

package procfs

import (
	"path/filepath"
	"slices"
	"testing"
)

// TestExpand: a pattern gives the same files as filepath.Glob; a pattern without a
// match gives itself, so that reading it fails with the reason.
func TestExpand(t *testing.T) {
	d := directories{open: map[string]*directory{}}
	defer d.close()
	for _, pattern := range append(NamespaceFacts(), "/proc/sys/net/ipv4/tcp_[rw]mem", "/none/at/all/*", "/proc/sys/net/core/none_*", "/proc/loadavg") {
		want, err := filepath.Glob(pattern)
		if err != nil || len(want) == 0 {
			want = []string{pattern}
		}
		if got := d.expand(pattern); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", pattern, got, want)
		}
	}
}
