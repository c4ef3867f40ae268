// SPDX-License-Identifier: Apache-2.0

package archtest

import (
	"path"
	"slices"
	"strings"
)

// buildConstraint returns what limits the systems for which a file is built: its
// //go:build line, or the system in its name; "" for most files.
func buildConstraint(file *GoFile) string {
	for line := range strings.Lines(file.Src) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "//go:build ") {
			return line
		}
		if strings.HasPrefix(line, "package ") {
			break
		}
	}
	base := strings.TrimSuffix(strings.TrimSuffix(path.Base(file.Name), ".go"), "_test")
	parts := strings.Split(base, "_")
	// Only the last word of the name counts, or the last two if they are system and
	// processor.
	for _, part := range parts[max(1, len(parts)-2):] {
		if slices.Contains(systems(), part) {
			return part
		}
	}
	return ""
}

// systems are the words that limit a file if its name ends in them: the GOOS and
// GOARCH values that this project may meet.
func systems() []string {
	return []string{
		"linux", "darwin", "windows", "freebsd", "netbsd", "openbsd", "dragonfly", "solaris", "aix", "android", "ios", "js", "plan9",
		"amd64", "386", "arm", "arm64", "riscv64", "ppc64", "ppc64le", "s390x", "mips", "mipsle", "mips64", "mips64le", "loong64", "wasm",
	}
}
