// SPDX-License-Identifier: Apache-2.0

//go:build linux

package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"

	"golang.org/x/sys/unix"
)

// This file is for the boot in which process 1 is this machine's systemd, so that
// units are tested as they run in practice. systemd starts this program, which carries
// out the plan.

const (
	systemd = "/usr/lib/systemd/systemd"
	// ofSystemd is the argument by which this program knows that systemd started it.
	ofSystemd = "-of-systemd"
	// underSystemd is a file in the guest; if it exists, process 1 becomes systemd.
	underSystemd = "/under-systemd"
)

// systemdUnits are the smallest set of units on which a unit with the usual
// dependencies relies.
func systemdUnits() map[string]string {
	all := map[string]string{"guest.service": "[Unit]\nDefaultDependencies=no\n[Service]\nType=oneshot\nExecStart=/init " + ofSystemd + "\nTimeoutStartSec=infinity\nTasksMax=infinity\n"}
	for _, name := range []string{"sysinit", "basic", "shutdown", "multi-user", "network", "emergency", "rescue"} {
		all[name+".target"] = "[Unit]\nDescription=" + name + "\nDefaultDependencies=no\n"
	}
	return all
}

// packSystemd packs this machine's systemd with everything that it loads, and the
// programs that units start.
func packSystemd(ctx context.Context, a *archive, programs []string) error {
	if _, err := os.Stat(systemd); err != nil {
		return fmt.Errorf("%w: this boot takes a machine with systemd (on Debian: apt-get install systemd)", err)
	}
	for _, name := range []string{systemd, "/usr/lib/systemd/systemd-executor", "/usr/bin/systemctl", "/usr/bin/kill"} {
		path, err := exec.LookPath(name)
		if err != nil {
			continue // one of them does not exist before systemd 255
		}
		libraries, err := librariesOf(ctx, path)
		if err != nil {
			return fmt.Errorf("libraries of %s: %w", name, err)
		}
		for _, file := range append(slices.Clip(libraries), path) {
			a.copy(file, file)
		}
	}
	for name, text := range systemdUnits() {
		a.data(filepath.Join("/usr/lib/systemd/system", name), []byte(text), 0o644)
	}
	a.data("/etc/machine-id", []byte("0123456789abcdef0123456789abcdef\n"), 0o644)
	a.data("/etc/os-release", []byte("ID=guest\n"), 0o644)
	a.data(underSystemd, nil, 0o644)
	for _, program := range programs {
		a.copy(filepath.Join("/usr/bin", filepath.Base(program)), program)
	}
	return nil
}

// becomeSystemd replaces process 1 by systemd, if the guest has it. It returns only if
// the guest does not, or on failure.
func becomeSystemd() error {
	if _, err := os.Stat(underSystemd); err != nil {
		return nil
	}
	return unix.Exec(systemd, []string{systemd}, []string{"PATH=/usr/bin:/usr/sbin"})
}
