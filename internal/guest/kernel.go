// SPDX-License-Identifier: Apache-2.0

//go:build linux

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// A kernel is an unpacked linux-image package of Debian, or a directory with the same
// layout.
type kernel struct {
	machine machine
	release string // such as 6.1.0-56-cloud-amd64
	dir     string
}

func (k kernel) image() string { return filepath.Join(k.dir, "boot", "vmlinuz-"+k.release) }

// metas are packages that depend on the newest kernel of a series. Which series a
// package belongs to depends on the release of Debian; the package's dependency shows
// it. The cloud kernels are the full kernels without hardware drivers, a third of the
// size.
func metas(m machine) []string {
	return []string{"linux-image-" + m.series + "-cloud-" + m.arch, "linux-image-cloud-" + m.arch}
}

// kernelDir is the directory in which kernels are kept between runs.
func (o options) kernelDir() string {
	if o.kernels != "" {
		return o.kernels
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	return filepath.Join(cache, "tcpvitals", "kernels")
}

// findKernel returns the kernel of a machine: from the directory or, the first time,
// from Debian or a Go module.
func findKernel(ctx context.Context, dir string, m machine, news io.Writer) (kernel, error) {
	if k, ok := keptKernel(dir, m); ok {
		return k, nil
	}
	from, get := m.module, fetchModule
	if from == "" {
		get = fetchDebian
		var err error
		if from, err = packageOf(ctx, dir, m); err != nil {
			return kernel{}, err
		}
	}
	_, _ = fmt.Fprintf(news, "fetching %s, once, into %s\n", from, dir)
	if err := inPlace(dir, m, from, func(work, to string) error { return get(ctx, dir, work, to, m, from) }); err != nil {
		return kernel{}, fmt.Errorf("fetch %s: %w (or unpack a kernel into a directory and name that in KERNELS)", from, err)
	}
	k, ok := keptKernel(dir, m)
	if !ok {
		return kernel{}, fmt.Errorf("%s has no kernel of series %s", from, m.series)
	}
	return k, nil
}

// keptKernel looks for a kernel in the directory.
func keptKernel(dir string, m machine) (kernel, bool) {
	images, _ := filepath.Glob(filepath.Join(dir, "*", "boot", "vmlinuz-"+m.series+".*")) // fails only for a malformed pattern
	images = slices.DeleteFunc(images, func(image string) bool { return strings.HasSuffix(image, "-arm64") != (m.arch == "arm64") })
	if len(images) == 0 {
		return kernel{}, false
	}
	image := images[len(images)-1]
	release := strings.TrimPrefix(filepath.Base(image), "vmlinuz-")
	return kernel{machine: m, release: release, dir: filepath.Dir(filepath.Dir(image))}, true
}

// aptOptions make apt answer for another processor, with separate package lists, so
// that nothing on this machine changes.
func aptOptions(dir string, m machine) ([]string, error) {
	if !m.foreign() {
		return nil, nil
	}
	lists := filepath.Join(dir, ".apt-"+m.arch)
	if err := os.MkdirAll(filepath.Join(lists, "partial"), 0o755); err != nil {
		return nil, err
	}
	return []string{"-oAPT::Architecture=" + m.arch, "-oAPT::Architectures=" + m.arch, "-oDir::State::Lists=" + lists}, nil
}

// packageOf asks apt which package contains the kernel.
func packageOf(ctx context.Context, dir string, m machine) (string, error) {
	if _, err := exec.LookPath("apt-cache"); err != nil {
		return "", fmt.Errorf("no kernel %s, and none can be fetched, because this is no Debian: %w (unpack one into a directory and name that in KERNELS)", m.name, err)
	}
	options, err := aptOptions(dir, m)
	if err != nil {
		return "", err
	}
	if m.foreign() {
		if err := command(ctx, dir, "apt-get", append(slices.Clip(options), "-q", "update")...); err != nil {
			return "", err
		}
	}
	for _, meta := range metas(m) {
		out, err := exec.CommandContext(ctx, "apt-cache", append(slices.Clip(options), "depends", "--important", meta)...).Output()
		if err != nil {
			continue // this package does not exist here; an error is reported below if no other one does
		}
		for word := range strings.FieldsSeq(string(out)) {
			if strings.HasPrefix(word, "linux-image-"+m.series+".") {
				return word, nil
			}
		}
	}
	return "", fmt.Errorf("apt knows no package with a kernel %s (looked at %s): run apt-get update, or name a directory with unpacked kernels in KERNELS", m.series, strings.Join(metas(m), ", "))
}

// inPlace fills a directory by calling get. Afterwards the directory is complete or
// does not exist.
func inPlace(dir string, m machine, from string, get func(work, to string) error) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	work, err := os.MkdirTemp(dir, ".fetch")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(work) }()
	to := filepath.Join(work, "unpacked")
	if err := get(work, to); err != nil {
		return err
	}
	name := from
	if m.module != "" {
		name = "module-" + m.name
	}
	return os.Rename(to, filepath.Join(dir, name))
}

// fetchDebian downloads and unpacks a package, and for another processor also the
// tools.
func fetchDebian(ctx context.Context, dir, work, to string, m machine, pkg string) error {
	options, err := aptOptions(dir, m)
	if err != nil {
		return err
	}
	unpack := func(to string, packages ...string) error {
		if err := command(ctx, work, "apt-get", slices.Concat(options, []string{"download", "-q"}, packages)...); err != nil {
			return err
		}
		debs, _ := filepath.Glob(filepath.Join(work, "*.deb"))
		if len(debs) != len(packages) {
			return fmt.Errorf("apt-get downloaded %d of %d packages", len(debs), len(packages))
		}
		for _, deb := range debs {
			if err := command(ctx, work, "dpkg-deb", "-x", deb, to); err != nil {
				return err
			}
			if err := os.Remove(deb); err != nil {
				return err
			}
		}
		return nil
	}
	if err := unpack(to, pkg); err != nil || !m.foreign() {
		return err
	}
	return unpack(filepath.Join(to, foreignTools), foreignPackages()...)
}

// fetchModule downloads a Go module that contains a kernel and arranges it as Debian
// does. The module is verified by the checksum database.
func fetchModule(ctx context.Context, _, work, to string, _ machine, module string) error {
	cmd := exec.CommandContext(ctx, "go", "mod", "download", "-json", module)
	cmd.Dir = work // outside of this module
	out, err := cmd.Output()
	var found struct{ Dir, Error string }
	if bad := json.Unmarshal(out, &found); bad != nil || found.Dir == "" {
		return fmt.Errorf("go mod download: %w: %s", errors.Join(err, bad), found.Error)
	}
	releases, err := os.ReadDir(filepath.Join(found.Dir, "lib", "modules"))
	if err != nil || len(releases) != 1 {
		return fmt.Errorf("%s: %d kernels: %w", found.Dir, len(releases), err)
	}
	image, err := os.ReadFile(filepath.Join(found.Dir, "vmlinuz"))
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(to, "boot"), 0o755); err != nil {
		return err
	}
	if err := os.CopyFS(filepath.Join(to, "lib"), os.DirFS(filepath.Join(found.Dir, "lib"))); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(to, "boot", "vmlinuz-"+releases[0].Name()), image, 0o644)
}

// command runs a program and includes the program's output in the error.
func command(ctx context.Context, dir, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", strings.Join(cmd.Args, " "), err, strings.TrimSpace(string(out)))
	}
	return nil
}
