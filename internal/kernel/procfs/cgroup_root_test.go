// SPDX-License-Identifier: Apache-2.0

//go:build linux

package procfs

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// madeCgroups makes n cgroups in a subtree of the host's cgroup2 mount, and
// returns the open tree and the path of the subtree in it.
func madeCgroups(t testing.TB, n int) (*CgroupTree, string) {
	t.Helper()
	testnet.Require(t, testnet.Root)
	tree, err := Own().OpenCgroups()
	if err != nil {
		t.Skipf("needs a cgroup v2 hierarchy: %v", err)
	}
	t.Cleanup(func() { _ = tree.Close() })
	top := fmt.Sprintf("tcpvitals-test-%d-%d", os.Getpid(), n)
	dir := filepath.Join(tree.mount.Point, top)
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Skipf("needs a cgroup v2 hierarchy: %v", err)
	}
	t.Cleanup(func() { _ = os.Remove(dir) })
	for i := range n {
		sub := filepath.Join(dir, fmt.Sprintf("unit%d.service", i))
		if err := os.Mkdir(sub, 0o755); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = os.Remove(sub) })
	}
	return tree, filepath.Join(tree.mount.Root, top)
}

func TestCgroupPathAndWalkAgree(t *testing.T) {
	tree, top := madeCgroups(t, 5)
	seen := 0
	err := tree.Walk(t.Context(), func(id uint64, path string) {
		if !strings.HasPrefix(path, top) {
			return // cgroups of the host may disappear at any time
		}
		seen++
		if got, err := tree.Path(id); err != nil || got != path {
			t.Errorf("Path(%d) = %q, %v; Walk says %q", id, got, err, path)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if want := 5 + 1; seen != want {
		t.Errorf("Walk found %d cgroups below %s, want %d", seen, top, want)
	}
}

func TestCgroupGone(t *testing.T) {
	tree, top := madeCgroups(t, 0)
	dir := filepath.Join(tree.mount.Point, top, "gone")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	var gone uint64
	if err := tree.Walk(t.Context(), func(id uint64, path string) {
		if strings.HasSuffix(path, "/gone") {
			gone = id
		}
	}); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(dir); err != nil {
		t.Fatal(err)
	}
	if path, err := tree.Path(gone); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Path of a removed cgroup = %q, %v; want os.ErrNotExist", path, err)
	}
}

func BenchmarkCgroup(b *testing.B) {
	for _, n := range []int{10, 1000} {
		tree, _ := madeCgroups(b, n)
		ids := map[uint64]string{}
		keep := func(id uint64, path string) { ids[id] = path }
		b.Run(fmt.Sprintf("walk/%d", n), func(b *testing.B) {
			for b.Loop() {
				if err := tree.Walk(context.Background(), keep); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(fmt.Sprintf("handle/%d", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				for id := range ids {
					if _, err := tree.Path(id); err != nil {
						b.Fatal(err)
					}
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(ids)), "ns/cgroup")
		})
	}
}
