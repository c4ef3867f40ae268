// SPDX-License-Identifier: Apache-2.0

//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// A kernel is an unpacked linux-image package of Debian.
type kernel struct {
	release string // 6.1.0-56-cloud-amd64
	dir     string
}

func (k kernel) image() string { return filepath.Join(k.dir, "boot", "vmlinuz-"+k.release) }

// metas are the packages that depend on the newest kernel of a series. Which
// series is whose depends on the release of Debian: the dependency tells. The
// cloud kernels are the full ones without drivers for hardware, a third the size.
func metas(series string) []string {
	return []string{"linux-image-" + series + "-cloud-amd64", "linux-image-cloud-amd64"}
}

// kernelDir is where kernels are kept between runs.
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

// findKernel returns the kernel of a series, from the directory or, the first
// time, from Debian.
func findKernel(ctx context.Context, dir, series string, news io.Writer) (kernel, error) {
	if runtime.GOARCH != "amd64" {
		return kernel{}, errors.New("guests are amd64, and run what is built for this machine: " + runtime.GOARCH)
	}
	if k, ok := keptKernel(dir, series); ok {
		return k, nil
	}
	pkg, err := packageOf(ctx, series)
	if err != nil {
		return kernel{}, err
	}
	_, _ = fmt.Fprintf(news, "fetching %s from Debian, once, into %s\n", pkg, dir)
	if err := fetch(ctx, dir, pkg); err != nil {
		return kernel{}, fmt.Errorf("fetch %s: %w (or unpack a kernel into a directory and name that in KERNELS)", pkg, err)
	}
	k, ok := keptKernel(dir, series)
	if !ok {
		return kernel{}, fmt.Errorf("package %s has no kernel of series %s", pkg, series)
	}
	return k, nil
}

// keptKernel looks for a kernel that is there already.
func keptKernel(dir, series string) (kernel, bool) {
	images, _ := filepath.Glob(filepath.Join(dir, "*", "boot", "vmlinuz-"+series+".*")) // fails for a bad pattern only
	if len(images) == 0 {
		return kernel{}, false
	}
	image := images[len(images)-1]
	release := strings.TrimPrefix(filepath.Base(image), "vmlinuz-")
	return kernel{release: release, dir: filepath.Dir(filepath.Dir(image))}, true
}

// packageOf asks apt which package has the kernel of a series.
func packageOf(ctx context.Context, series string) (string, error) {
	if _, err := exec.LookPath("apt-cache"); err != nil {
		return "", fmt.Errorf("no kernel %s, and none can be fetched, because this is no Debian: %w (unpack one into a directory and name that in KERNELS)", series, err)
	}
	for _, meta := range metas(series) {
		out, err := exec.CommandContext(ctx, "apt-cache", "depends", "--important", meta).Output()
		if err != nil {
			continue // no such package here; said below when no other has it
		}
		for word := range strings.FieldsSeq(string(out)) {
			if strings.HasPrefix(word, "linux-image-"+series+".") {
				return word, nil
			}
		}
	}
	return "", fmt.Errorf("apt knows no package with a kernel %s (looked at %s): run apt-get update, or name a directory with unpacked kernels in KERNELS", series, strings.Join(metas(series), ", "))
}

// fetch downloads and unpacks a package; the directory has it whole or not at all.
func fetch(ctx context.Context, dir, pkg string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	work, err := os.MkdirTemp(dir, ".fetch")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(work) }()
	if err := command(ctx, work, "apt-get", "download", "-q", pkg); err != nil {
		return err
	}
	debs, _ := filepath.Glob(filepath.Join(work, "*.deb"))
	if len(debs) != 1 {
		return fmt.Errorf("apt-get download left %d packages", len(debs))
	}
	if err := command(ctx, work, "dpkg-deb", "-x", debs[0], "unpacked"); err != nil {
		return err
	}
	return os.Rename(filepath.Join(work, "unpacked"), filepath.Join(dir, pkg))
}

// command runs a program; what it says is part of the error.
func command(ctx context.Context, dir, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", strings.Join(cmd.Args, " "), err, strings.TrimSpace(string(out)))
	}
	return nil
}
