// SPDX-License-Identifier: Apache-2.0

//go:build linux

package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
)

// manySpaces is how many containers a host may have.
const manySpaces = 50

// namespaces measures counting the sockets of many network namespaces: one pass of
// ours, and one ss in each namespace.
func namespaces(ctx context.Context, o options) ([]string, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	var each strings.Builder
	for range manySpaces {
		cmd := exec.CommandContext(ctx, "sleep", "3600")
		cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET, Pdeathsig: syscall.SIGKILL}
		if err := cmd.Start(); err != nil {
			return nil, err
		}
		defer func() {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		}()
		fmt.Fprintf(&each, "nsenter --net=/proc/%d/ns/net ss -tan; ", cmd.Process.Pid)
	}
	_, stop, err := hold(ctx, o, "time-wait", o.sockets/10)
	if err != nil {
		return nil, err
	}
	defer stop()
	name := fmt.Sprintf("%d namespaces and %d TIME_WAIT, one pass against one ss each", manySpaces, o.sockets/10)
	return runCases(ctx, o, o.runs, []benchCase{
		{name: name, ours: o.program + " census --netns all --by netns,state", theirs: each.String(), atLeast: 20},
	})
}

func inode(info os.FileInfo) uint64 {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0
	}
	return st.Ino
}
