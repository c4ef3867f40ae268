// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"strings"
	"testing"
	"time"
	"unsafe"
)

// TestCommentIsShared: the comment of a block is kept once, however many lines the
// block has.
func TestCommentIsShared(t *testing.T) {
	lines := Parse("x", []byte("# "+strings.Repeat("x", 1000)+"\n# y\na.b=1\na.c=1\n# z\na.d=1\n\na.e=1\n"))
	if len(lines) != 4 || lines[0].Comment != strings.Repeat("x", 1000)+" y" || lines[2].Comment != "z" || lines[3].Comment != "" {
		t.Fatalf("%+v", lines)
	}
	if unsafe.StringData(lines[0].Comment) != unsafe.StringData(lines[1].Comment) {
		t.Error("two lines of a block have a comment each")
	}
}

// TestIgnoresOfManyLines: a comment applies to the line below it and to no other.
func TestIgnoresOfManyLines(t *testing.T) {
	text := strings.Repeat("# tcpvitals: ignore NO-OP: as it is\nnet.ipv4.tcp_fin_timeout = 60\n", 50) + "net.ipv4.tcp_fin_timeout = 60\n"
	found := Stream("x", []byte(text))
	counting, aside := SetAside(found, Judge(Input{Found: found}), time.Now())
	if len(aside) != 51 && len(aside) != 50 || len(counting) == 0 {
		t.Errorf("%d set aside, %d counting", len(aside), len(counting))
	}
	for _, a := range aside {
		if a.By.About != a.Line {
			t.Errorf("line %d is set aside by the comment about %d", a.Line, a.By.About)
		}
	}
}

// TestGlobsReplaced: of equal patterns, systemd-sysctl keeps the last value at the
// position of the first.
func TestGlobsReplaced(t *testing.T) {
	lines := Parse("x", []byte("a.*=1\nb.*=1\na.*=1\na.*=2\nc.*=1\n-b.*\nb.*=3\n"))
	e := effective{reader: Systemd, lines: lines}
	var got []string
	for _, l := range e.globs() {
		got = append(got, l.Key+"="+l.Value)
	}
	if want := "a.*=2 c.*=1 b.*=3"; strings.Join(got, " ") != want {
		t.Errorf("%q, want %s", got, want)
	}
}

// FuzzIgnores: a comment for this program applies to a later line, or to none.
func FuzzIgnores(f *testing.F) {
	f.Add([]byte("# tcpvitals: ignore NO-OP until 2030-01-01: why\nnet.ipv4.tcp_fin_timeout = 60\n"))
	f.Add([]byte(";tcpvitals:\n#tcpvitals: ignore X: y\n\na=1"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<14 {
			return
		}
		found := Stream("x", data)
		SetAside(found, Judge(Input{Found: found}), time.Unix(0, 0))
		for _, file := range found.Files {
			for _, g := range file.Ignores {
				if g.About != 0 && g.About <= g.Line {
					t.Errorf("the comment in line %d is about line %d: %q", g.Line, g.About, data)
				}
			}
		}
	})
}
