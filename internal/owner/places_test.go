// SPDX-License-Identifier: Apache-2.0

package owner

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/kernel/procfs"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// madePaths is a cgroup tree of a test.
type madePaths struct {
	paths  map[uint64]string
	denied bool
	err    error
	asked  int
	walks  int
}

func (m *madePaths) Path(id uint64) (string, error) {
	m.asked++
	if m.err != nil {
		return "", m.err
	}
	if m.denied {
		return "", &problem.PermissionError{Op: "open cgroup", Err: os.ErrPermission}
	}
	if p, ok := m.paths[id]; ok {
		return p, nil
	}
	return "", fmt.Errorf("cgroup %d: %w", id, os.ErrNotExist)
}

func (m *madePaths) Walk(_ context.Context, do func(uint64, string)) error {
	m.walks++
	for id, p := range m.paths {
		do(id, p)
	}
	return nil
}

func TestPlacesByCgroup(t *testing.T) {
	for _, denied := range []bool{false, true} {
		tree := &madePaths{paths: map[uint64]string{1: "/", 7: "/system.slice/nginx.service"}, denied: denied}
		p := NewPlaces(tree, procfs.At(t.TempDir()))
		for range 3 {
			if got := p.ByCgroup(t.Context(), 7); got == nil || got.Unit != "nginx.service" {
				t.Errorf("denied %t: cgroup 7 is %+v", denied, got)
			}
			if got := p.ByCgroup(t.Context(), 8); got != nil {
				t.Errorf("denied %t: cgroup 8 is %+v, want nil", denied, got)
			}
			if got := p.ByCgroup(t.Context(), 0); got != nil {
				t.Errorf("cgroup 0 is %+v, want nil", got)
			}
		}
		if tree.asked > 2 || tree.walks > 1 || denied != (tree.walks == 1) {
			t.Errorf("denied %t: asked %d times, walked %d times", denied, tree.asked, tree.walks)
		}
		if len(p.Gaps()) != 0 {
			t.Errorf("denied %t: gaps %v", denied, p.Gaps())
		}
		tree.paths[8] = "/system.slice/new.service"
		p.Forget()
		if got := p.ByCgroup(t.Context(), 8); got == nil || got.Unit != "new.service" {
			t.Errorf("denied %t: cgroup 8 after Forget is %+v", denied, got)
		}
	}
}

func TestPlacesError(t *testing.T) {
	p := NewPlaces(&madePaths{err: errors.New("input/output error")}, procfs.Own())
	if got := p.ByCgroup(t.Context(), 7); got != nil {
		t.Errorf("got %+v, want nil", got)
	}
	if g := p.Gaps(); len(g) != 1 || !strings.Contains(g[0].Reason, "input/output error") {
		t.Errorf("gaps %v, want the error", g)
	}
}

func TestPlacesByProcess(t *testing.T) {
	root := t.TempDir()
	if err := os.Mkdir(filepath.Join(root, "77"), 0o755); err != nil {
		t.Fatal(err)
	}
	v1 := "4:memory:/docker/" + id1 + "\n1:name=systemd:/docker/" + id1 + "\n"
	if err := os.WriteFile(filepath.Join(root, "77/cgroup"), []byte(v1), 0o644); err != nil {
		t.Fatal(err)
	}
	p := NewPlaces(nil, procfs.At(root))
	if got := p.ByProcess(77); got == nil || got.Container != id1 {
		t.Errorf("process 77 is in %+v", got)
	}
	if got := p.ByProcess(78); got != nil || len(p.Gaps()) != 0 {
		t.Errorf("a process that is gone is in %+v, gaps %v", got, p.Gaps())
	}
	if got := p.ByCgroup(t.Context(), 7); got != nil {
		t.Errorf("without cgroup v2: %+v, want nil", got)
	}
}

func TestLabel(t *testing.T) {
	root := t.TempDir()
	slice := "/kubepods.slice/kubepods-pod" + uidSD + ".slice/"
	for pid, path := range map[int]string{
		1: "/system.slice/docker-" + id1 + ".scope", 2: "/system.slice/docker-" + id1 + ".scope/init",
		3: slice + "crio-" + id1 + ".scope", 4: slice + "crio-" + id2 + ".scope",
		5: "/system.slice/nginx.service", 6: "/system.slice/sshd.service", 7: "/system.slice/nginx.service",
	} {
		dir := filepath.Join(root, fmt.Sprint(pid))
		if err := errors.Join(os.Mkdir(dir, 0o755), os.WriteFile(filepath.Join(dir, "cgroup"), []byte("0::"+path+"\n"), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	tests := []struct {
		pids            []int32
		name, container string
	}{
		{nil, "", ""},
		{[]int32{99}, "", ""},
		{[]int32{1, 2, 99}, id1[:12], id1},
		{[]int32{3, 4}, "pod " + uid, ""},
		{[]int32{5, 7}, "nginx.service", ""},
		{[]int32{5, 6}, "", ""},
		{[]int32{5, 6, 5}, "", ""},
		{[]int32{1, 5}, "", ""},
	}
	for _, tt := range tests {
		if name, container := NewPlaces(nil, procfs.At(root)).Label(tt.pids); name != tt.name || container != tt.container {
			t.Errorf("Label(%v) = %q, %q; want %q, %q", tt.pids, name, container, tt.name, tt.container)
		}
	}
}

// The kernel's own tree, for a cgroup made for the test.
func TestPlacesOfThisHost(t *testing.T) {
	testnet.Require(t, testnet.Root)
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		t.Skipf("needs /proc: %v", err)
	}
	tree, err := procfs.Own().OpenCgroups()
	if err != nil {
		t.Skipf("needs a cgroup v2 hierarchy: %v", err)
	}
	defer func() { _ = tree.Close() }()
	mount, _ := procfs.Cgroup2Mount(string(mounts))
	dir := filepath.Join(mount.Point, fmt.Sprintf("tcpvitals-test-%d.service", os.Getpid()))
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Skipf("needs a cgroup of its own: %v", err)
	}
	defer func() { _ = os.Remove(dir) }()
	var id uint64
	if err := tree.Walk(t.Context(), func(i uint64, path string) {
		if filepath.Base(path) == filepath.Base(dir) {
			id = i
		}
	}); err != nil {
		t.Fatal(err)
	}
	if got := NewPlaces(tree, procfs.Own()).ByCgroup(t.Context(), id); got == nil || got.Unit != filepath.Base(dir) {
		t.Errorf("cgroup %d is %+v, want unit %s", id, got, filepath.Base(dir))
	}
}

// madeHolders is a descriptor table of a test.
type madeHolders map[uint32]procfs.Holders

func (m madeHolders) Lookup(inode uint32) (procfs.Holders, bool) {
	h, ok := m[inode]
	return h, ok
}

func (m madeHolders) All(inode uint32) iter.Seq[*procfs.Process] {
	return func(yield func(*procfs.Process) bool) {
		if h, ok := m[inode]; ok {
			yield(h.First)
		}
	}
}

func (m madeHolders) Waiting(*procfs.Process) (*procfs.Waiting, bool) { return nil, false }

func TestResolver(t *testing.T) {
	root := t.TempDir()
	if err := os.Mkdir(filepath.Join(root, "10"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(root, "10/cgroup"), []byte("1:name=systemd:/system.slice/v1.service\n0::/\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	tree := &madePaths{paths: map[uint64]string{1: "/", 7: "/system.slice/nginx.service"}}
	procs := madeHolders{500: {First: &procfs.Process{PID: 10, Name: "nginx"}, Count: 3}}
	places := NewPlaces(tree, procfs.At(root))
	full := &Resolver{Processes: procs, Places: places}
	tests := []struct {
		name   string
		r      *Resolver
		inode  uint32
		cgroup uint64
		want   Verdict
	}{
		{"both", full, 500, 7, Verdict{Owner: nginx, Confidence: Known}},
		{"orphan keeps its cgroup", full, 0, 7, Verdict{Owner: Owner{Unit: "nginx.service"}, Confidence: Known}},
		{"unit only", &Resolver{Places: places}, 500, 7, Verdict{Owner: Owner{Unit: "nginx.service"}, Confidence: Known}},
		{"process only", &Resolver{Processes: procs}, 500, 7, Verdict{Owner: Owner{PID: 10, Holders: 3, Process: "nginx"}, Confidence: Known}},
		{"hybrid: the process knows more than the root cgroup", full, 500, 1, Verdict{Owner: Owner{PID: 10, Holders: 3, Process: "nginx", Unit: "v1.service"}, Confidence: Known}},
		{"v1: by process", full, 500, 0, Verdict{Owner: Owner{PID: 10, Holders: 3, Process: "nginx", Unit: "v1.service"}, Confidence: Known}},
		{"cgroup gone", full, 0, 99, Verdict{Reason: CgroupGone}},
		{"hidden process", full, 501, 0, Verdict{Reason: NotVisible}},
		{"hidden process, and its cgroup is outside too", full, 501, 99, Verdict{Reason: NotVisible}},
		{"nothing to go by", full, 0, 0, Verdict{}},
		{"nothing asked", &Resolver{}, 500, 7, Verdict{}},
	}
	for _, tt := range tests {
		if got := tt.r.Owned(t.Context(), tt.inode, tt.cgroup); got != tt.want {
			t.Errorf("%s\n got %+v\nwant %+v", tt.name, got, tt.want)
		}
	}
}

func TestResolverDoesNotAllocate(t *testing.T) {
	r := &Resolver{
		Processes: madeHolders{500: {First: &procfs.Process{PID: 10, Name: "nginx"}, Count: 3}},
		Places:    NewPlaces(&madePaths{paths: map[uint64]string{7: "/system.slice/nginx.service"}}, procfs.At(t.TempDir())),
	}
	ctx := t.Context()
	if n := testing.AllocsPerRun(100, func() { r.Owned(ctx, 500, 7) }); n != 0 {
		t.Errorf("%v allocations for a known owner, want 0", n)
	}
}

func TestUsers(t *testing.T) {
	root := t.TempDir()
	if err := os.Mkdir(filepath.Join(root, "etc"), 0o755); err != nil {
		t.Fatal(err)
	}
	passwd := "root:x:0:0:root:/root:/bin/bash\ntoor:x:0:0::/root:/bin/sh\n#old:x:5:5::/:\n" +
		"\nnobody:x:65534:65534:n:/:\nbig:x:4294967296:1::/:\n+@nis\nwww-data:x:33:33::/:\n:x:7:7::/:\n"
	if err := os.WriteFile(filepath.Join(root, "etc/passwd"), []byte(passwd), 0o644); err != nil {
		t.Fatal(err)
	}
	u := NewUsers(root)
	for uid, want := range map[uint32]string{0: "root", 33: "www-data", 65534: "nobody", 5: "", 7: "", 1000: ""} {
		if got, ok := u.Name(uid); got != want || ok != (want != "") {
			t.Errorf("Name(%d) = %q, %t; want %q", uid, got, ok, want)
		}
	}
	if err := u.Err(); err != nil {
		t.Error(err)
	}
	none := NewUsers(filepath.Join(root, "none"))
	if name, ok := none.Name(0); ok || !errors.Is(none.Err(), os.ErrNotExist) {
		t.Errorf("without passwd: %q, %v", name, none.Err())
	}
}
