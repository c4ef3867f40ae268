// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"regexp"
	"strings"
	"time"
)

// A version is the output of git describe, split into the parts by which packages are
// ordered.
type version struct {
	described string // as the program itself prints it
	base      string // such as 1.2.3
	before    string // such as rc.1 for v1.2.3-rc.1, which is before the base
	after     string // such as 5.gabc1234, five commits after the base; git20261129154123.abc1234 if there is no tag
}

var (
	tagged   = regexp.MustCompile(`^v(\d+\.\d+\.\d+)(?:-((?:alpha|beta|rc)\.\d+))?(?:-(\d+)-(g[0-9a-f]+))?(-dirty)?$`)
	untagged = regexp.MustCompile(`^([0-9a-f]{7,40})(-dirty)?$`)
)

// parseVersion parses the output of git describe --tags --always --dirty. Without a
// tag, the time of the commit determines the order.
func parseVersion(described string, commit time.Time) (version, error) {
	if m := tagged.FindStringSubmatch(described); m != nil {
		return version{described, m[1], m[2], joined(m[3], m[4], strings.TrimPrefix(m[5], "-"))}, nil
	}
	if m := untagged.FindStringSubmatch(described); m != nil {
		return version{described, "0.0.0", "", joined("git"+commit.Format("20060102150405"), m[1], strings.TrimPrefix(m[2], "-"))}, nil
	}
	return version{}, fmt.Errorf("version %q: want v1.2.3, v1.2.3-rc.1, or what git describe makes of them", described)
}

func joined(parts ...string) string {
	var said []string
	for _, part := range parts {
		if part != "" {
			said = append(said, part)
		}
	}
	return strings.Join(said, ".")
}

// debian is the version for dpkg and rpm: ~ sorts before the base, + after it.
func (v version) debian() string {
	text := v.base
	if v.before != "" {
		text += "~" + v.before
	}
	if v.after != "" {
		text += "+" + v.after
	}
	return text
}

// alpine is the version for apk, which knows only suffixes with a number: _rc1 sorts
// before, _p5 and _git20261129154123 after. The commit's name is lost.
func (v version) alpine() string {
	text := v.base
	if v.before != "" {
		text += "_" + strings.Replace(v.before, ".", "", 1)
	}
	if v.after == "" {
		return text
	}
	count, _, _ := strings.Cut(v.after, ".")
	if strings.HasPrefix(count, "git") || count == "dirty" {
		return text + "_" + strings.Replace(count, "dirty", "p0", 1)
	}
	return text + "_p" + count
}

// A system is an operating system and an architecture, as Go names them.
type system struct{ os, arch string }

func parseSystem(text string) (system, error) {
	os, arch, ok := strings.Cut(text, "/")
	if !ok || os == "" || arch == "" {
		return system{}, fmt.Errorf("system %q: want operating system/architecture", text)
	}
	return system{os, arch}, nil
}
