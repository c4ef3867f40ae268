// SPDX-License-Identifier: Apache-2.0

//go:build linux

package main

import (
	"bytes"
	"debug/elf"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// A module is a kernel module that is ready to be loaded.
type module struct {
	name string
	data []byte
}

// modules returns the named modules of the kernel and those on which they depend, in
// the order in which they must be loaded. It omits modules that are built into the
// kernel or that the kernel lacks; a test that needs a missing one says so.
func (k kernel) modules(names []string) ([]module, error) {
	paths := map[string]string{}
	err := filepath.WalkDir(filepath.Join(k.dir, "lib", "modules"), func(path string, _ fs.DirEntry, err error) error {
		if name, _, ok := strings.Cut(filepath.Base(path), ".ko"); ok {
			paths[moduleName(name)] = path
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("look for modules: %w", err)
	}
	c := collector{paths: paths, seen: map[string]bool{}}
	for _, name := range names {
		if err := c.add(moduleName(name)); err != nil {
			return nil, fmt.Errorf("module %s: %w", name, err)
		}
	}
	return c.found, nil
}

// moduleName is the kernel's spelling of a module's name; names of files may have
// dashes.
func moduleName(name string) string { return strings.ReplaceAll(name, "-", "_") }

type collector struct {
	paths map[string]string
	seen  map[string]bool
	found []module
}

func (c *collector) add(name string) error {
	path := c.paths[name]
	if c.seen[name] || path == "" {
		return nil
	}
	c.seen[name] = true
	data, err := readModule(path)
	if err != nil {
		return err
	}
	needs, err := dependencies(data)
	if err != nil {
		return err
	}
	for _, need := range needs {
		if err := c.add(moduleName(need)); err != nil {
			return err
		}
	}
	c.found = append(c.found, module{name, data})
	return nil
}

// readModule reads a module's file, which Debian compresses since 6.12.
func readModule(path string) ([]byte, error) {
	if filepath.Ext(path) != ".xz" {
		return os.ReadFile(path)
	}
	data, err := exec.Command("xz", "-dc", path).Output()
	if err != nil {
		return nil, fmt.Errorf("xz -dc %s: %w", path, err)
	}
	return data, nil
}

// dependencies reads a module's dependencies from the module itself
// (include/linux/module.h MODULE_INFO, scripts/mod/modpost.c add_depends).
func dependencies(data []byte) ([]string, error) {
	file, err := elf.NewFile(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	section := file.Section(".modinfo")
	if section == nil {
		return nil, fmt.Errorf("has no .modinfo")
	}
	info, err := section.Data()
	if err != nil {
		return nil, err
	}
	for entry := range strings.SplitSeq(string(info), "\x00") {
		if list, ok := strings.CutPrefix(entry, "depends="); ok && list != "" {
			return strings.Split(list, ","), nil
		}
	}
	return nil, nil
}
