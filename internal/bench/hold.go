// SPDX-License-Identifier: Apache-2.0

//go:build linux

package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"syscall"
)

// hold puts n sockets in a state into a new namespace and waits until all are there.
// options.hold names another generator, which can make only TIME_WAIT.
func hold(ctx context.Context, o options, state string, n int, flags ...string) (netns string, stop func(), err error) {
	command := append([]string{o.program, "lab", "hold", state, "-n", strconv.Itoa(n)}, flags...)
	if o.hold != "" && state == "time-wait" {
		command = []string{o.hold, "-state", state, "-n", strconv.Itoa(n)}
	}
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", nil, err
	}
	if err := cmd.Start(); err != nil {
		return "", nil, err
	}
	stop = func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
	}
	pattern := regexp.MustCompile(`netns=(\S+)`)
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if m := pattern.FindStringSubmatch(lines.Text()); m != nil {
			return m[1], stop, nil
		}
	}
	stop()
	return "", nil, fmt.Errorf("%s ended before its sockets were in place", command[0])
}
