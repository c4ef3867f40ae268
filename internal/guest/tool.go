// SPDX-License-Identifier: Apache-2.0

//go:build linux

package main

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
)

// tools are the programs that tests call. One that this machine does not have
// is left out: its tests say so.
func tools() []string {
	return []string{
		"awk", "busybox", "cat", "chmod", "cp", "cut", "date", "env", "find", "grep", "head", "id", "ip", "kill", "ls", "mkdir", "mount", "netstat", "nsenter",
		"rm", "sed", "setpriv", "sh", "sleep", "seq", "sort", "ss", "stat", "tail", "tc", "timeout", "tr", "true", "umount", "uniq", "unshare", "wc", "xargs",
	}
}

// packTools packs this machine's tools with the libraries they load.
func packTools(ctx context.Context, a *archive) error {
	a.dir("/usr/bin")
	a.dir("/usr/sbin")
	a.link("/bin", "usr/bin")
	a.link("/sbin", "usr/sbin")
	for _, name := range tools() {
		path, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		libraries, err := librariesOf(ctx, path)
		if err != nil {
			return fmt.Errorf("libraries of %s: %w", name, err)
		}
		a.copy("/usr/bin/"+filepath.Base(path), path)
		for _, library := range libraries {
			a.copy(library, library)
		}
	}
	return nil
}

// librariesOf returns the files that the loader maps for a program, itself
// included; a static program has none.
func librariesOf(ctx context.Context, path string) ([]string, error) {
	out, err := exec.CommandContext(ctx, "ldd", path).CombinedOutput()
	if err != nil {
		if strings.Contains(string(out), "not a dynamic executable") || strings.Contains(string(out), "statically linked") {
			return nil, nil
		}
		return nil, fmt.Errorf("%w: %s", err, out)
	}
	var found []string
	for word := range strings.FieldsSeq(string(out)) { // libc.so.6 => /lib/libc.so.6 (0x…)
		if filepath.IsAbs(word) {
			found = append(found, word)
		}
	}
	return found, nil
}
