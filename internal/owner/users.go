// SPDX-License-Identifier: Apache-2.0

package owner

import (
	"bufio"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/tcpvitals/tcpvitals/internal/kernel/rawfile"
)

// Users returns the names of user ids from /etc/passwd, without cgo. Users known only
// to a directory service have no name here. Safe for concurrent use.
type Users struct {
	root  string
	once  sync.Once
	names map[uint32]string
	err   error
}

// NewUsers returns the users of the system whose root directory is root, "" for "/".
// It reads nothing before the first question.
func NewUsers(root string) *Users {
	if root == "" {
		root = "/"
	}
	return &Users{root: root}
}

// Name returns the name of a user, and whether there is one.
func (u *Users) Name(uid uint32) (string, bool) {
	u.load()
	name, ok := u.names[uid]
	return name, ok
}

// People returns the names of ordinary users: those with ids from 1000 on
// (login.defs(5) UID_MIN), except nobody.
func (u *Users) People() []string {
	u.load()
	var names []string
	for uid, name := range u.names {
		if uid >= 1000 && uid < 65534 {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// Err returns why the names could not be read; nil if they were.
func (u *Users) Err() error {
	u.load()
	return u.err
}

func (u *Users) load() {
	u.once.Do(func() {
		f, err := rawfile.OpenRegular(filepath.Join(u.root, "etc/passwd"))
		if err != nil {
			u.err = err
			return
		}
		defer f.Close()
		u.names, u.err = readPasswd(rawfile.Patient(f))
	})
}

// readPasswd reads lines of "NAME:PASSWORD:UID:…" (passwd(5)). If an id has several
// names the first counts, as in getpwuid(3). Other lines are skipped.
func readPasswd(r io.Reader) (map[uint32]string, error) {
	names := map[uint32]string{}
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		fields := strings.SplitN(lines.Text(), ":", 4)
		if len(fields) < 4 || fields[0] == "" || fields[0][0] == '#' {
			continue
		}
		uid, err := strconv.ParseUint(fields[2], 10, 32)
		if err != nil {
			continue
		}
		if _, taken := names[uint32(uid)]; !taken {
			names[uint32(uid)] = fields[0]
		}
	}
	return names, lines.Err()
}
