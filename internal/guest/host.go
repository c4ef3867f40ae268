// SPDX-License-Identifier: Apache-2.0

//go:build linux

package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// runHere runs the same test binaries on this machine's kernel.
func runHere(ctx context.Context, o options, tests []test) error {
	release, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil {
		return err
	}
	for _, t := range tests {
		if err := t.runHere(ctx, o, strings.TrimSpace(string(release))); err != nil {
			return fmt.Errorf("%s: %w", t.pkg, err)
		}
	}
	return nil
}

func (t test) runHere(ctx context.Context, o options, release string) error {
	events, err := newEvents(ctx, o.events, release+": "+t.pkg)
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, t.binary, o.arguments(machine{}, o.run)...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = t.dir, events, events
	cmd.Env = append(os.Environ(), "PWD="+t.dir)
	if err := cmd.Run(); cmd.ProcessState == nil {
		return events.end(-1, err.Error())
	}
	return events.end(cmd.ProcessState.ExitCode(), "")
}
