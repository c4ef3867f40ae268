// SPDX-License-Identifier: Apache-2.0

//go:build linux

package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// A boot is one way to start a kernel, and the tests to run then.
type boot struct {
	name    string
	cmdline string
	without []string // modules that are not packed
	only    string   // the only package to test; "" for all
	run     string   // pattern of its tests
	systemd bool     // process 1 is systemd
}

// plain is the boot that runs all tests.
const plain = "plain"

// bootVariable tells a test the name of the boot in which it runs.
const bootVariable = "GUEST_BOOT"

// boots lists all boots. Those after the first run scripts of internal/cli in
// testdata/boot, and the last one tests the units that are shipped.
func boots() []boot {
	scripts := boot{only: "internal/cli", run: "^TestBoot$"}
	noDiag, lockdown := scripts, scripts
	noDiag.name, noDiag.without = "no-tcp-diag", []string{"tcp_diag"}
	lockdown.name, lockdown.cmdline = "lockdown", "lockdown=confidentiality"
	units := boot{
		name: "systemd", only: "internal/shipped", run: "^Test(Samples)?UnderSystemd$", systemd: true,
		cmdline: "systemd.unit=guest.service systemd.log_target=console systemd.show_status=false",
	}
	return []boot{{name: plain}, noDiag, lockdown, units}
}

// guestModules are loaded before the tests, because the guest has no modprobe.
func guestModules() []string {
	return []string{
		"tcp_diag", "udp_diag", "unix_diag", "raw_diag", "veth", "tun", "dummy", "sch_netem", "nf_conntrack", "tcp_bbr",
		"tls", "ctr", "gcm", "ghash_generic", "nfsv3", "nfsd",
	}
}

// wanted reports whether the boot is requested. Without a request all boots are; a
// request for tests by name means the plain boot.
func (o options) wanted(b boot) bool {
	if len(o.boots) > 0 {
		return slices.Contains(o.boots, b.name)
	}
	return o.run == "" || b.name == plain
}

// runBoots boots a kernel in every requested way.
func runBoots(ctx context.Context, o options, k kernel, built binaries) error {
	for _, b := range boots() {
		if !o.wanted(b) || k.machine.plainly && b.name != plain || b.systemd && k.machine.foreign() { // this machine's systemd cannot run on that processor
			continue
		}
		steps := b.steps(o, k, built.tests)
		if len(steps) == 0 {
			continue
		}
		if err := runBoot(ctx, o, k, b, built, steps); err != nil {
			return fmt.Errorf("boot %s: %w", b.name, err)
		}
	}
	return nil
}

// steps are the test binaries that a boot runs, one after the other.
func (b boot) steps(o options, k kernel, tests []test) (steps []step) {
	name, pattern := k.release, o.run
	if b.name != plain {
		name, pattern = name+" "+b.name, b.run
	}
	for _, t := range tests {
		if b.only != "" && !strings.HasSuffix(t.pkg, "/"+b.only) {
			continue
		}
		steps = append(steps, step{
			Name: name + ": " + t.pkg, Dir: t.dir, Program: "/test/" + filepath.Base(t.binary), from: t.binary,
			Args: o.arguments(k.machine, pattern), Env: b.environment(k.machine),
		})
	}
	slices.SortStableFunc(steps, func(a, b step) int { return cmp.Compare(b.rank(), a.rank()) })
	return steps
}

// rank is higher for a step that must run earlier: tests of the engine need a machine
// without other sockets, and sockets that other tests close stay for minutes.
func (s step) rank() int {
	if strings.HasSuffix(s.Dir, "/internal/engine") {
		return 1
	}
	return 0
}

// environment is the environment of the tests. A guest has every right that its
// machine does not lack, except eBPF if the kernel is locked down. An emulated CPU is
// slow.
func (b boot) environment(m machine) []string {
	if strings.HasPrefix(b.cmdline, "lockdown=") {
		m.lacks = append(slices.Clip(m.lacks), "bpf")
	}
	return []string{bootVariable + "=" + b.name, "CI_REQUIRE=" + m.rights(), "LAB_REPEAT=1", "LAB_PARALLEL=16"}
}

// A plan is in the initramfs and tells /init what to do.
type plan struct {
	Modules []string
	Steps   []step
}

// A step is one program to run in the guest.
type step struct {
	Name, Dir, Program string
	Args, Env          []string
	from               string // path of the program on this machine
}

// planFile is the path of the plan in the guest, moduleDir that of its modules.
const (
	planFile  = "/plan.json"
	moduleDir = "/module/"
)

func runBoot(ctx context.Context, o options, k kernel, b boot, built binaries, steps []step) error {
	initramfs, err := os.CreateTemp("", "initramfs")
	if err != nil {
		return err
	}
	_ = initramfs.Close()
	defer func() { _ = os.Remove(initramfs.Name()) }()
	if err := pack(ctx, initramfs.Name(), k, b, built, steps); err != nil {
		return fmt.Errorf("make initramfs: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, k.machine.limit(o.timeout))
	defer cancel()
	return o.boot(ctx, k, b, initramfs.Name(), steps)
}

// pack writes the initramfs: this program as /init, the plan, and the files that the
// plan names.
func pack(ctx context.Context, path string, k kernel, b boot, built binaries, steps []step) error {
	names := slices.DeleteFunc(guestModules(), func(name string) bool { return slices.Contains(b.without, name) })
	found, err := k.modules(names)
	if err != nil {
		return err
	}
	a, err := newArchive(path)
	if err != nil {
		return err
	}
	a.device("/dev/console", 5, 1)
	a.copy("/init", built.init)
	p := plan{Steps: steps}
	for _, m := range found {
		p.Modules = append(p.Modules, m.name)
		a.data(moduleDir+m.name, m.data, 0o644)
	}
	for _, s := range steps {
		a.copy(s.Program, s.from)
	}
	a.data("/etc/passwd", []byte("root:x:0:0::/root:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n"), 0o644)
	a.data("/etc/group", []byte("root:x:0:\nnogroup:x:65534:\n"), 0o644)
	a.copy("/etc/services", "/etc/services") // ss takes the names of ports from it
	a.data("/etc/sysctl.conf", []byte("# Nothing is set here.\n"), 0o644)
	a.data("/etc/hosts", []byte("127.0.0.1 localhost\n::1 localhost\n"), 0o644)
	if err := k.packTools(ctx, a); err != nil {
		return err
	}
	if b.systemd {
		if err := packSystemd(ctx, a, built.programs); err != nil {
			return err
		}
	}
	if err := packTree(ctx, a); err != nil {
		return err
	}
	text, err := json.Marshal(p)
	if err != nil {
		return err
	}
	a.data(planFile, text, 0o644)
	return a.close()
}
