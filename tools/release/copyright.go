// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"debug/buildinfo"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
)

// program finds the one program among the files.
func program(files []file) (file, error) {
	i := slices.IndexFunc(files, func(f file) bool { return strings.HasPrefix(f.name, "bin/") })
	if i < 0 {
		return file{}, fmt.Errorf("there is no program in bin/")
	}
	return files[i], nil
}

// linked says what a program is made of, as the program itself says.
func linked(files []file) (*debug.BuildInfo, error) {
	f, err := program(files)
	if err != nil {
		return nil, err
	}
	info, err := buildinfo.Read(bytes.NewReader(f.data))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.name, err)
	}
	return info, nil
}

// A licence is the text that a module comes with.
type licence struct {
	id   string // of SPDX
	text string
}

// copyright is the file that every package has: who wrote what is inside, and the
// licence of each. A module without a licence that is known here is an error:
// somebody must look at it.
func copyright(files []file) ([]byte, error) {
	info, err := linked(files)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	out.WriteString("tcpvitals\n\nCopyright the tcpvitals contributors. Source: https://github.com/tcpvitals/tcpvitals\n" +
		"License: Apache-2.0. The programs that it loads into the kernel are GPL-2.0 or Apache-2.0, as you like.\n\n" +
		"On Debian systems the text of the Apache License, version 2.0, is in\n/usr/share/common-licenses/Apache-2.0, that of the GNU GPL, version 2, in\n/usr/share/common-licenses/GPL-2.\n\n" +
		"The program also contains:\n")
	runtime, err := readLicence(filepath.Join(goEnv("GOROOT"), "LICENSE"))
	if err != nil {
		return nil, err
	}
	describe(&out, "the Go runtime and standard library, "+info.GoVersion, runtime)
	for _, dep := range info.Deps {
		text, err := licenceOf(dep)
		if err != nil {
			return nil, err
		}
		describe(&out, dep.Path+" "+dep.Version, text)
	}
	return out.Bytes(), nil
}

func describe(out *bytes.Buffer, what string, l licence) {
	fmt.Fprintf(out, "\n%s\n\n%s\nLicense: %s\n", strings.Repeat("-", 78), what, l.id)
	if l.id != "Apache-2.0" { // its text is there already, and it has no names in it
		fmt.Fprintf(out, "\n%s\n", strings.TrimSpace(l.text))
	}
}

// licenceOf reads a module's licence from the module cache, checked by go.sum.
func licenceOf(m *debug.Module) (licence, error) {
	cmd := exec.Command("go", "mod", "download", "-json", m.Path+"@"+m.Version)
	cmd.Env = append(os.Environ(), "GOFLAGS=")
	out, err := cmd.Output()
	if err != nil {
		return licence{}, fmt.Errorf("%s: %w: %s", m.Path, err, out)
	}
	var found struct{ Dir, Sum string }
	if err := json.Unmarshal(out, &found); err != nil {
		return licence{}, err
	}
	if found.Sum != m.Sum {
		return licence{}, fmt.Errorf("%s: linked is %s, downloaded %s", m.Path, m.Sum, found.Sum)
	}
	if _, err := os.Stat(filepath.Join(found.Dir, "NOTICE")); err == nil {
		return licence{}, fmt.Errorf("%s has a NOTICE, which must be passed on", m.Path)
	}
	names, err := filepath.Glob(filepath.Join(found.Dir, "LICENSE*"))
	if err != nil || len(names) != 1 {
		return licence{}, fmt.Errorf("%s: %d files LICENSE: %w", m.Path, len(names), err)
	}
	return readLicence(names[0])
}

// readLicence reads a licence and tells which it is, by what no other one says.
func readLicence(name string) (licence, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return licence{}, err
	}
	said := strings.Join(strings.Fields(string(text)), " ")
	for _, known := range []struct{ id, says string }{
		{"Apache-2.0", "Apache License Version 2.0, January 2004"},
		{"BSD-3-Clause", "Neither the name of"},
		{"MIT", "Permission is hereby granted, free of charge, to any person obtaining a copy"},
	} {
		if strings.Contains(said, known.says) {
			return licence{known.id, string(text)}, nil
		}
	}
	return licence{}, fmt.Errorf("%s: no licence that is known here", name)
}

func goEnv(name string) string {
	out, err := exec.Command("go", "env", name).Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
}
