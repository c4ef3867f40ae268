// SPDX-License-Identifier: Apache-2.0

//go:build linux

package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// As many small containers as a host may have, and as many listeners in each.
const (
	crowdedSpaces    = 500
	crowdedListeners = 5
)

// crowded measures many small network namespaces, which one pass judges all together.
func crowded(ctx context.Context, o options) ([]string, error) {
	name := fmt.Sprintf("%d namespaces with %d listeners each, ", crowdedSpaces, crowdedListeners)
	if os.Geteuid() != 0 {
		return nil, nil
	}
	crowd, err := gather(ctx)
	defer crowd.leave()
	if err != nil {
		return nil, err
	}
	found := " || [ $? -le 3 ]" // findings and gaps are not failures here
	each := crowd.each("ss -tlnH")
	return runCases(ctx, o, o.runs, []benchCase{
		{name: name + "doctor, against one ss each", ours: o.program + " doctor --netns all" + found, theirs: each, within: 2 * time.Second, peakMiB: 40},
		{name: name + "queues, against one ss each", ours: o.program + " queues --netns all" + found, theirs: each, within: 800 * time.Millisecond},
		{name: name + "by process, against one ss each", ours: o.program + " census --netns all --by netns,process" + found, theirs: each, within: 800 * time.Millisecond},
	})
}

// A crowd is processes, each in its own network namespace.
type crowd []*exec.Cmd

// gather starts the processes.
func gather(ctx context.Context) (crowd, error) {
	var all crowd
	for range crowdedSpaces {
		cmd := exec.CommandContext(ctx, "sleep", "3600")
		done := make(chan error)
		go func() { // the goroutine never unlocks its thread, so the thread ends and is never used in another namespace
			runtime.LockOSThread()
			done <- startAlone(cmd)
		}()
		if err := <-done; err != nil {
			return all, err
		}
		all = append(all, cmd)
	}
	return all, nil
}

// startAlone starts a process in a new namespace, with listeners that the process
// inherits.
func startAlone(cmd *exec.Cmd) error {
	if err := syscall.Unshare(syscall.CLONE_NEWNET); err != nil {
		return err
	}
	for i := range crowdedListeners {
		l, err := net.ListenTCP("tcp4", &net.TCPAddr{Port: 8080 + i})
		if err != nil {
			return err
		}
		defer l.Close() //nolint:errcheck // the child has it
		f, err := l.File()
		if err != nil {
			return err
		}
		defer f.Close()
		cmd.ExtraFiles = append(cmd.ExtraFiles, f)
	}
	return cmd.Start()
}

// each is a shell command that runs the given command in every namespace.
func (c crowd) each(command string) string {
	var all strings.Builder
	for _, cmd := range c {
		fmt.Fprintf(&all, "nsenter --net=/proc/%d/ns/net %s; ", cmd.Process.Pid, command)
	}
	return all.String()
}

func (c crowd) leave() {
	for _, cmd := range c {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
}
