// SPDX-License-Identifier: Apache-2.0

package engine_test

import (
	"bytes"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/engine"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/snapshot"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// ofNobody makes a network namespace that belongs to an unprivileged user, and returns
// its inode.
func ofNobody(t *testing.T) uint64 {
	inode, _ := ofUser(t)
	return inode
}

// ofUser is ofNobody, and returns a path of the namespace too.
func ofUser(t *testing.T) (inode uint64, path string) {
	t.Helper()
	testnet.Require(t, testnet.UserNS)
	cmd := exec.Command("unshare", "-Urn", "sh", "-c", "echo ready; exec sleep 600")
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	ready(t, cmd)
	path = "/proc/" + strconv.Itoa(cmd.Process.Pid) + "/ns/net"
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Sys().(*syscall.Stat_t).Ino, path
}

// spacesSeen records which namespaces are entered.
type spacesSeen struct{ inodes []uint64 }

func (v *spacesSeen) Enter(s *engine.Space) error {
	v.inodes = append(v.inodes, s.Netns.Inode)
	return nil
}
func (*spacesSeen) Row(*socket.Socket) bool   { return true }
func (*spacesSeen) Leave(*engine.Space) error { return nil }

// TestNamespacesOfUsers: a user makes more namespaces than are read. Every reader of
// rows, including a snapshot, omits the same number and reports it; counting reads
// them all. If there is room for all, nothing is reported.
func TestNamespacesOfUsers(t *testing.T) {
	testnet.Require(t, testnet.Root)
	const most, made = 3, 7
	theirs := make([]uint64, made)
	for i := range theirs {
		theirs[i] = ofNobody(t)
	}
	asked := map[string]func(h *engine.Host) ([]uint64, *engine.Report, error){
		"rows": func(h *engine.Host) ([]uint64, *engine.Report, error) {
			v := &spacesSeen{}
			report, err := h.Rows(t.Context(), engine.Scan{Fields: socket.FieldsOf(socket.FieldState)}, v)
			return v.inodes, report, err
		},
		"snapshot": func(h *engine.Host) (inodes []uint64, report *engine.Report, err error) {
			var out bytes.Buffer
			saved, err := h.Save(t.Context(), engine.SaveOptions{Now: time.Now()}, &out)
			if err != nil {
				return nil, nil, err
			}
			file, err := snapshot.Open(bytes.NewReader(out.Bytes()), int64(out.Len()), "x")
			if err != nil {
				return nil, nil, err
			}
			for _, ns := range file.Namespaces {
				inodes = append(inodes, ns.Inode)
			}
			var tail []problem.Gap
			for _, g := range file.Tail.Gaps {
				tail = append(tail, g.Gap)
			}
			if !slices.ContainsFunc(tail, tooMany) && slices.ContainsFunc(saved.Gaps, tooMany) {
				t.Errorf("the snapshot does not tell what was left out: %+v", tail)
			}
			return inodes, &saved.Report, nil
		},
	}
	for name, ask := range asked {
		for _, bound := range []int{most, 0} {
			seen, report, err := ask(opened(t, engine.Options{Netns: "all", Engine: "sock_diag", MostOfUsers: bound}))
			if err != nil {
				t.Fatal(err)
			}
			read := 0
			for _, inode := range theirs {
				if slices.Contains(seen, inode) {
					read++
				}
			}
			told := slices.ContainsFunc(report.Gaps, tooMany)
			switch {
			case bound == 0 && (read != made || told):
				t.Errorf("%s: %d of %d read without need, told %v", name, read, made, told)
			case bound > 0 && (read > most || !told || !report.Partial() || report.Unread < made-most):
				t.Errorf("%s: %d of %d read with a bound of %d, told %v, partial %v, %d unread", name, read, made, most, told, report.Partial(), report.Unread)
			}
		}
	}
	report, err := opened(t, engine.Options{Netns: "all", Engine: "sock_diag", MostOfUsers: most}).Count(t.Context(), engine.Counting{}, func(*socket.Socket, engine.Counted) {})
	if err != nil {
		t.Fatal(err)
	}
	if slices.ContainsFunc(report.Gaps, tooMany) || report.Namespaces < made {
		t.Errorf("a census counts %d namespaces: %v", report.Namespaces, report.Gaps)
	}
}

func tooMany(g problem.Gap) bool { return g.Code == problem.NetnsMany }
