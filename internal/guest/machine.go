// SPDX-License-Identifier: Apache-2.0

//go:build linux

package main

import (
	"runtime"
	"slices"
	"strings"
	"time"
)

// A machine is a kernel, its processor, and the rights that it lacks. All other rights
// are required of it by the tests that need them.
type machine struct {
	name   string // as in the flag -on
	series string // series of the kernel
	arch   string // as Go calls it
	module string // the Go module that contains the kernel; "" for a package of Debian
	lacks  []string
	// plainly says that no other boot is useful: what the other boots leave out is
	// built into this kernel or not in it at all.
	plainly bool
	// slower is how many times as long as others it may take; 0 means 1.
	slower int
}

// everyRight lists the values of testnet.Right that a guest has unless its machine
// says otherwise.
func everyRight() []string { return []string{"root", "netns", "bpf", "userns", "ktls", "nfs"} }

// host is this machine itself and not a guest.
const host = "host"

// machines are those for which more than the kernel's series must be known.
func machines() []machine {
	return []machine{
		// Debian's kernel for another processor, whose instructions take longer to
		// translate: what takes minutes in other guests was cut off here.
		{name: "arm64", series: "6.1", arch: "arm64", slower: 3},
		// Newer than all of Debian's; made for appliances, without the kernel's types
		// (BTF).
		{
			name: "7.1", series: "7.1", arch: "amd64", module: "github.com/gokrazy/kernel.amd64@v0.0.0-20260705070735-de680abf072b",
			lacks: []string{"bpf", "userns", "ktls", "nfs"}, plainly: true,
		},
	}
}

// machineOf finds a machine by its name. Any other name means Debian's kernel of that
// series.
func machineOf(name string) machine {
	all := machines()
	if i := slices.IndexFunc(all, func(m machine) bool { return m.name == name }); i >= 0 {
		return all[i]
	}
	return machine{name: name, series: name, arch: "amd64"}
}

// rights is the value of CI_REQUIRE on the machine.
func (m machine) rights() string {
	return strings.Join(slices.DeleteFunc(everyRight(), func(r string) bool { return slices.Contains(m.lacks, r) }), ",")
}

// limit is how long the machine may take for what others may take d for.
func (m machine) limit(d time.Duration) time.Duration { return d * time.Duration(max(1, m.slower)) }

// foreign reports whether the guest's processor cannot run this machine's programs.
func (m machine) foreign() bool { return m.arch != runtime.GOARCH }

// architectures are the processors of the named machines, without repetition.
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
