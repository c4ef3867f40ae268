// SPDX-License-Identifier: Apache-2.0

//go:build linux

package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// tools are the programs that tests call. A program that this machine lacks is not
// packed; tests that need it say so.
func tools() []string {
	return []string{
		"awk", "busybox", "cat", "chmod", "cp", "cut", "date", "env", "find", "grep", "head", "id", "ip", "kill", "ls", "mkdir", "mount", "netstat", "nsenter",
		"rm", "sed", "setpriv", "sh", "sleep", "seq", "sort", "ss", "stat", "tail", "tc", "timeout", "tr", "true", "umount", "uniq", "unshare", "wc", "xargs",
	}
}

// packTools packs the tools with the libraries that they load.
func (k kernel) packTools(ctx context.Context, a *archive) error {
	a.dir("/usr/bin")
	a.dir("/usr/sbin")
	a.link("/bin", "usr/bin")
	a.link("/sbin", "usr/sbin")
	if k.machine.foreign() {
		return packForeign(a, filepath.Join(k.dir, foreignTools))
	}
	return packOwn(ctx, a)
}

// packOwn packs the tools of this machine.
func packOwn(ctx context.Context, a *archive) error {
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

// librariesOf returns the files that the loader maps for a program, including the
// program itself; none for a static program.
func librariesOf(ctx context.Context, path string) ([]string, error) {
	out, err := exec.CommandContext(ctx, "ldd", path).CombinedOutput()
	if err != nil {
		if strings.Contains(string(out), "not a dynamic executable") || strings.Contains(string(out), "statically linked") {
			return nil, nil
		}
		return nil, fmt.Errorf("%w: %s", err, out)
	}
	var found []string
	for word := range strings.FieldsSeq(string(out)) { // a line is: libc.so.6 => /lib/libc.so.6 (0x…)
		if filepath.IsAbs(word) {
			found = append(found, word)
		}
	}
	return found, nil
}

// foreignTools is the subdirectory of a kernel for another processor that contains the
// tools for that processor.
const foreignTools = "tools"

// foreignPackages are the Debian packages with the tools and the libraries that they
// load. busybox provides the other tools.
func foreignPackages() []string {
	return []string{
		"busybox-static", "iproute2", "mawk", "net-tools",
		"libbpf1", "libbsd0", "libc6", "libcap2", "libcom-err2", "libelf1", "libgssapi-krb5-2", "libk5crypto3", "libkeyutils1", "libkrb5-3",
		"libkrb5support0", "libmd0", "libmnl0", "libpcre2-8-0", "libselinux1", "libtirpc3", "libxtables12", "zlib1g",
	}
}

// packForeign packs the tools for another processor: programs, libraries, and links to
// busybox for the tools that are missing.
func packForeign(a *archive, from string) error {
	for _, dir := range []string{"bin", "sbin", "usr/bin", "usr/sbin", "lib", "lib/*-linux-gnu", "usr/lib/*-linux-gnu"} {
		files, err := filepath.Glob(filepath.Join(from, dir, "*"))
		if err != nil {
			return err
		}
		for _, file := range files {
			if info, err := os.Stat(file); err == nil && info.Mode().IsRegular() {
				to := strings.TrimPrefix(file, from)
				if strings.HasPrefix(to, "/bin/") || strings.HasPrefix(to, "/sbin/") {
					to = "/usr" + to
				}
				a.copy(to, file)
			}
		}
	}
	a.link("/usr/bin/awk", "mawk")
	for _, name := range tools() {
		if !a.seen["usr/bin/"+name] && !a.seen["usr/sbin/"+name] {
			a.link("/usr/bin/"+name, "busybox")
		}
	}
	return a.err
}
