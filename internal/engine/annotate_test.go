// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/owner"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// TestUsersWithoutNames: a number in place of a user's name has its reason beside it:
// a loss if the passwd file cannot be read, no loss if there is none.
func TestUsersWithoutNames(t *testing.T) {
	root := func(make func(name string) error) string {
		dir := t.TempDir()
		if err := os.Mkdir(filepath.Join(dir, "etc"), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := make(filepath.Join(dir, "etc", "passwd")); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	for _, tt := range []struct {
		name             string
		make             func(string) error
		gaps, structural bool
	}{
		{"there", func(name string) error { return os.WriteFile(name, []byte("root:x:0:0::/root:/bin/sh\n"), 0o600) }, false, false},
		{"missing", func(string) error { return nil }, true, true},
		{"not to be read", func(name string) error { return os.Mkdir(name, 0o700) }, true, false},
	} {
		a := &annotator{users: owner.NewUsers(root(tt.make)), numbers: map[uint32]string{}}
		name := a.user(&socket.Socket{Inode: 7})
		if want := map[bool]string{false: "root", true: "0"}[tt.gaps]; name != want {
			t.Errorf("%s: the user is %q, not %q", tt.name, name, want)
		}
		gaps := a.gaps()
		if len(gaps) > 0 != tt.gaps || tt.gaps && (gaps[0].Source != "users" || gaps[0].Structural != tt.structural || gaps[0].Code != problem.UsersNameless) {
			t.Errorf("%s: gaps %+v", tt.name, gaps)
		}
	}
}
