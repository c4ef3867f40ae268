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
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
)

// executable finds the only program among the files.
func executable(files []file) (file, error) {
	i := slices.IndexFunc(files, func(f file) bool { return strings.HasPrefix(f.name, "bin/") })
	if i < 0 {
		return file{}, fmt.Errorf("there is no program in bin/")
	}
	return files[i], nil
}

// module is the path of this product: what a program links from it, or from a module
// below it, needs no notice.
const module = "github.com/tcpvitals/tcpvitals"

// linked returns the modules that a program says it consists of, without ours.
func linked(files []file) (*debug.BuildInfo, error) {
	f, err := executable(files)
	if err != nil {
		return nil, err
	}
	info, err := buildinfo.Read(bytes.NewReader(f.data))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.name, err)
	}
	info.Deps = slices.DeleteFunc(info.Deps, func(m *debug.Module) bool {
		return m.Path == module || strings.HasPrefix(m.Path, module+"/")
	})
	return info, nil
}

// A licence is the text of a licence of a module.
type licence struct {
	id   string // its SPDX identifier
	text string
}

// terms are the terms under which a module is distributed: all its licences, and its
// notices, which must be distributed with it (section 4(d) of the Apache License).
type terms struct {
	licences []licence
	notices  []string
}

// id is the SPDX expression.
func (t terms) id() string {
	var ids []string
	for _, l := range t.licences {
		for id := range strings.SplitSeq(l.id, " AND ") {
			if !slices.Contains(ids, id) {
				ids = append(ids, id)
			}
		}
	}
	return strings.Join(ids, " AND ")
}

// copyright is the file in every package that names, for each linked module, its
// authors, licence and notices. A module whose licence is not known here is an error,
// because somebody has to look at it.
func (j job) copyright(files []file) ([]byte, error) {
	info, err := linked(files)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	out.WriteString(j.program + "\n\nCopyright the tcpvitals contributors. Source: https://github.com/tcpvitals/tcpvitals\n" +
		"License: Apache-2.0. The programs that it loads into the kernel are GPL-2.0 or Apache-2.0, as you like.\n\n" +
		"On Debian systems the text of the Apache License, version 2.0, is in\n/usr/share/common-licenses/Apache-2.0, that of the GNU GPL, version 2, in\n/usr/share/common-licenses/GPL-2.\n\n" +
		"The program also contains:\n")
	runtime, err := readLicence(filepath.Join(goEnv("GOROOT"), "LICENSE"))
	if err != nil {
		return nil, err
	}
	describe(&out, "the Go runtime and standard library, "+info.GoVersion, terms{licences: []licence{runtime}})
	found, err := termsOf(info.Deps)
	if err != nil {
		return nil, err
	}
	for i, dep := range info.Deps {
		describe(&out, dep.Path+" "+dep.Version, found[i])
	}
	return out.Bytes(), nil
}

// inWhole matches the Apache License in a file with other licences.
var inWhole = regexp.MustCompile(`(?s)Apache License\s+Version 2\.0, January 2004.*?END OF TERMS AND CONDITIONS`)

// unix converts the line ends of a text to those of Unix.
func unix(text string) string { return strings.ReplaceAll(text, "\r\n", "\n") }

func describe(out *bytes.Buffer, what string, t terms) {
	fmt.Fprintf(out, "\n%s\n\n%s\nLicense: %s\n", strings.Repeat("-", 78), what, t.id())
	for _, l := range t.licences {
		// The text of the Apache License is in the package already, and it contains no
		// names of authors.
		if l.id != "Apache-2.0" || !strings.Contains(strings.Join(strings.Fields(l.text), " "), whole) {
			fmt.Fprintf(out, "\n%s\n", strings.TrimSpace(inWhole.ReplaceAllLiteralString(unix(l.text), "[The text of the Apache License, version 2.0, which is named above.]")))
		}
	}
	for _, notice := range t.notices {
		fmt.Fprintf(out, "\nNotice:\n\n%s\n", strings.TrimSpace(unix(notice)))
	}
}

// termsOf reads the terms of modules, in their order, from the module cache, which
// go.sum verifies.
func termsOf(modules []*debug.Module) ([]terms, error) {
	if len(modules) == 0 {
		return nil, nil
	}
	args, sums := []string{"mod", "download", "-json"}, map[string]string{}
	for _, m := range modules {
		m = replaced(m)
		args, sums[m.Path+"@"+m.Version] = append(args, m.Path+"@"+m.Version), m.Sum
	}
	cmd := exec.Command("go", args...)
	cmd.Env = append(os.Environ(), "GOFLAGS=")
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go mod download: %w: %s", err, out)
	}
	dirs := map[string]string{}
	for in := json.NewDecoder(bytes.NewReader(out)); in.More(); {
		var found struct{ Path, Version, Dir, Sum string }
		if err := in.Decode(&found); err != nil {
			return nil, err
		}
		name := found.Path + "@" + found.Version
		if found.Sum != sums[name] {
			return nil, fmt.Errorf("%s: linked is %s, downloaded %s", name, sums[name], found.Sum)
		}
		dirs[name] = found.Dir
	}
	all := make([]terms, len(modules))
	for i, m := range modules {
		m = replaced(m)
		if all[i], err = readTerms(dirs[m.Path+"@"+m.Version]); err != nil {
			return nil, fmt.Errorf("%s: %w", m.Path, err)
		}
	}
	return all, nil
}

// replaced is the module that a replace directive links in place of m.
func replaced(m *debug.Module) *debug.Module {
	if m.Replace != nil {
		return m.Replace
	}
	return m
}

// readTerms reads the terms from the top directory of a module.
func readTerms(dir string) (t terms, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return t, err
	}
	for _, entry := range entries {
		name, path := strings.ToUpper(entry.Name()), filepath.Join(dir, entry.Name())
		switch {
		case !entry.Type().IsRegular() || slices.Contains([]string{".GO", ".SPDX"}, filepath.Ext(name)):
		case strings.HasPrefix(name, "NOTICE"):
			text, err := os.ReadFile(path)
			if err != nil {
				return t, err
			}
			t.notices = append(t.notices, string(text))
		case strings.HasPrefix(name, "LICENSE"), strings.HasPrefix(name, "LICENCE"), strings.HasPrefix(name, "COPYING"):
			l, err := readLicence(path)
			if err != nil {
				return t, err
			}
			t.licences = append(t.licences, l)
		}
	}
	if len(t.licences) == 0 {
		return t, fmt.Errorf("%s: no licence", dir)
	}
	return t, nil
}

// whole is the beginning of the text of the Apache License.
const whole = "Apache License Version 2.0, January 2004"

// readLicence reads a licence and recognizes it by words that no other licence has. A
// file may contain several licences.
func readLicence(name string) (licence, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return licence{}, err
	}
	said := strings.Join(strings.Fields(string(text)), " ")
	var ids []string
	for _, known := range []struct{ id, says string }{
		{"Apache-2.0", whole},
		{"Apache-2.0", "Licensed under the Apache License, Version 2.0"},
		{"MPL-2.0", "Mozilla Public License Version 2.0"},
		{"BSD-3-Clause", "Neither the name of"},
		{"BSD-3-Clause", "may not be used to endorse or promote products"},
		{"BSD-2-Clause", "Redistributions in binary form must reproduce the above copyright notice"},
		{"ISC", "Permission to use, copy, modify, and/or distribute this software for any purpose with or without fee"},
		{"ISC", "Permission to use, copy, modify, and distribute this software for any purpose with or without fee"},
		{"MIT", "Permission is hereby granted, free of charge, to any person obtaining a copy"},
	} {
		two := known.id == "BSD-2-Clause" && slices.Contains(ids, "BSD-3-Clause") // the BSD-3-Clause text contains the words of both
		if strings.Contains(said, known.says) && !slices.Contains(ids, known.id) && !two {
			ids = append(ids, known.id)
		}
	}
	if len(ids) == 0 {
		return licence{}, fmt.Errorf("%s: no licence that is known here", name)
	}
	return licence{strings.Join(ids, " AND "), string(text)}, nil
}

func goEnv(name string) string {
	out, err := exec.Command("go", "env", name).Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
}
