// SPDX-License-Identifier: Apache-2.0

//go:build linux

package main

import (
	"runtime"
	"slices"
	"strings"
)

// A machine is a kernel, the processor that it is for, and what it has not: all
// else is demanded of it by the tests that need it.
type machine struct {
	name   string // as -on has it
	series string // of the kernel
	arch   string // as Go calls it
	module string // the Go module that has it; "" for a package of Debian
	lacks  []string
	// plainly says that no other boot tells anything: what the others leave out is
	// part of the kernel, or not in it at all.
	plainly bool
}

// The rights and abilities of testnet.Right that a guest has, but where it is
// declared otherwise.
func everyRight() []string { return []string{"root", "netns", "bpf", "userns", "ktls", "nfs"} }

// host is this machine itself, which is no guest.
const host = "host"

// machines are those of which more is known than the series.
func machines() []machine {
	return []machine{
		// Debian's kernel of another processor.
		{name: "arm64", series: "6.1", arch: "arm64"},
		// Newer than all of Debian's; made for appliances, without the kernel's types.
		{
			name: "7.1", series: "7.1", arch: "amd64", module: "github.com/gokrazy/kernel.amd64@v0.0.0-20260705070735-de680abf072b",
			lacks: []string{"bpf", "userns", "ktls", "nfs"}, plainly: true,
		},
	}
}

// machineOf finds a machine by its name: another one is Debian's kernel of that
// series.
func machineOf(name string) machine {
	all := machines()
	if i := slices.IndexFunc(all, func(m machine) bool { return m.name == name }); i >= 0 {
		return all[i]
	}
	return machine{name: name, series: name, arch: "amd64"}
}

// rights is what CI_REQUIRE says there.
func (m machine) rights() string {
	return strings.Join(slices.DeleteFunc(everyRight(), func(r string) bool { return slices.Contains(m.lacks, r) }), ",")
}

// foreign reports whether the guest's processor cannot run this machine's
// programs.
func (m machine) foreign() bool { return m.arch != runtime.GOARCH }

// architectures of the machines that are named, each once.
func architectures(on []string) (archs []string) {
	for _, name := range on {
		arch := runtime.GOARCH
		if name != host {
			arch = machineOf(name).arch
		}
		if !slices.Contains(archs, arch) {
			archs = append(archs, arch)
		}
	}
	return archs
}
