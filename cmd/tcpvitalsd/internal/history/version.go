// SPDX-License-Identifier: Apache-2.0

//go:build linux && (amd64 || arm64)

package history

import (
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// Version is that of the directory's format: what is in it, and how its series
// are named. A program reads versions up to its own.
const Version = 1

// versionFile names the format. It is the first file that is written.
const versionFile = "FORMAT"

const versionWord = "tcpvitals-history/"

// A VersionError is the error of a directory that this program must not touch: a
// newer program wrote it, or it has no history.
type VersionError struct {
	// Dir is the directory, Version what it says; 0 when it says nothing.
	Dir     string
	Version int
}

func (e *VersionError) Error() string {
	if e.Version == 0 {
		return fmt.Sprintf("%s has files that are not a history of tcpvitals; name a directory of its own", e.Dir)
	}
	return fmt.Sprintf("%s was written by a newer tcpvitals (format %d, this one reads up to %d); nothing was touched", e.Dir, e.Version, Version)
}

// checkVersion reads the format of a directory, and writes it into an empty one.
func (d *directory) checkVersion(write bool) error {
	text, err := d.beginning(versionFile)
	if errors.Is(err, fs.ErrNotExist) {
		return d.firstVersion(write)
	}
	if err != nil {
		return problem.Errorf("reading the history's format: %w", "读取历史的格式：%w", err)
	}
	number, ok := strings.CutPrefix(strings.TrimSpace(string(text)), versionWord)
	v, err := strconv.Atoi(number)
	if !ok || err != nil || v < 1 || v > Version {
		return &VersionError{Dir: d.name, Version: max(v, 0)}
	}
	return nil
}

// firstVersion is that of a directory without a format: only an empty one may
// become a history.
func (d *directory) firstVersion(write bool) error {
	entries, err := d.names()
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.Name() != "lost+found" {
			return &VersionError{Dir: d.name}
		}
	}
	if !write {
		return fmt.Errorf("%s: %w", d.name, ErrEmpty)
	}
	if err := d.root.WriteFile(versionFile, fmt.Appendf(nil, "%s%d\n", versionWord, Version), 0o600); err != nil {
		return problem.Errorf("the history's directory cannot be written: %w", "无法写入历史目录：%w", err)
	}
	return nil
}
