// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParse(t *testing.T) {
	for _, test := range []struct {
		line string
		want Line
	}{
		{"net.core.somaxconn = 8192", Line{Key: "net.core.somaxconn", Value: "8192"}},
		{"\tnet/core/somaxconn=8192\t", Line{Key: "net.core.somaxconn", Value: "8192"}},
		{"-net.core.somaxconn = 8192", Line{Key: "net.core.somaxconn", Value: "8192", IgnoreError: true}},
		{"-net.core.somaxconn", Line{Key: "net.core.somaxconn", Exclude: true}},
		{"net.ipv4.tcp_rmem = 4096\t131072 6291456", Line{Key: "net.ipv4.tcp_rmem", Value: "4096\t131072 6291456"}},
		{"net.ipv4.conf.eth0/7.rp_filter=1", Line{Key: "net.ipv4.conf.eth0/7.rp_filter", Value: "1"}},
		{"net/ipv4/conf/eth0.7/rp_filter=1", Line{Key: "net.ipv4.conf.eth0/7.rp_filter", Value: "1"}},
		{"/net/ipv4//conf/all/rp_filter/=1", Line{Key: "net.ipv4.conf.all.rp_filter", Value: "1"}},
		{"kernel.core_pattern = |/bin/x a=b %p", Line{Key: "kernel.core_pattern", Value: "|/bin/x a=b %p"}},
		{"net.core.somaxconn", Line{Defects: []Defect{NoAssignment}}},
		{"= 5", Line{Value: "5", Defects: []Defect{NoKey}}},
		{"-", Line{Exclude: true, Defects: []Defect{NoKey}}},
		{"net.core.somaxconn =", Line{Key: "net.core.somaxconn", Defects: []Defect{NoValue}}},
		{"sysctl -w net.core.somaxconn=1", Line{Key: "sysctl -w net.core.somaxconn", Value: "1", Defects: []Defect{BlankInKey}}},
		{"- net.core.somaxconn = 1", Line{Key: "net.core.somaxconn", Value: "1", IgnoreError: true, Defects: []Defect{BlankBeforeKey}}},
		{"net.core.somaxconn = 1 # one", Line{Key: "net.core.somaxconn", Value: "1 # one", Defects: []Defect{CommentInValue}}},
		{`net.core.somaxconn = "1"`, Line{Key: "net.core.somaxconn", Value: `"1"`, Defects: []Defect{QuotedValue}}},
		{`net.core.somaxconn = 1 \`, Line{Key: "net.core.somaxconn", Value: `1 \`, Defects: []Defect{Continued}}},
		{"\ufeffnet.core.somaxconn = 1", Line{Key: "net.core.somaxconn", Value: "1", Defects: []Defect{ByteOrderMark}}},
		{"\ufeff# a comment", Line{Defects: []Defect{ByteOrderMark}}},
		{"somaxconn = 1", Line{Key: "somaxconn", Value: "1", Defects: []Defect{MissingPath}}},
		{"-net.ipv4.conf.*.rp_filter", Line{Key: "net.ipv4.conf.*.rp_filter", Exclude: true, Defects: []Defect{PatternExcluded}}},
	} {
		lines := Parse("f", []byte(test.line+"\r\n"))
		if len(lines) != 1 {
			t.Errorf("%q: %d lines", test.line, len(lines))
			continue
		}
		test.want.File, test.want.Number, test.want.Text = "f", 1, strings.TrimSpace(test.line)
		if diff := cmp.Diff(&test.want, lines[0]); diff != "" {
			t.Errorf("%q (-want +got):\n%s", test.line, diff)
		}
	}
}

func TestCommentsBelongToTheBlockBelow(t *testing.T) {
	lines := Parse("f", []byte("# far away\n\n# one\n; two\na.b = 1\nc.d = 2\n#\n e.f = 3"))
	var got []string
	for _, l := range lines {
		got = append(got, l.Key+":"+l.Comment)
	}
	if diff := cmp.Diff([]string{"a.b:one two", "c.d:one two", "e.f:"}, got); diff != "" {
		t.Error(diff)
	}
	if lines[2].Number != 8 {
		t.Errorf("line %d", lines[2].Number)
	}
}

// FuzzParse: nothing panics, lines are numbered correctly, and an assignment that is
// written again is parsed the same.
func FuzzParse(f *testing.F) {
	names, _ := filepath.Glob("testdata/corpus/*.want")
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte("\ufeff-a.b\r\n- c/d.e= =\n#\n;\n= =\n-\n..=/\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		lines := Parse("f", data)
		last := 0
		for _, l := range lines {
			if l.Number <= last || l.Number > 1+bytes.Count(data, []byte("\n")) {
				t.Fatalf("line %d after %d", l.Number, last)
			}
			last = l.Number
			if l.Assigns() && len(l.Defects) == 0 {
				again(t, l)
			}
		}
		Judge(Input{Found: Stream("f", data)})
	})
}

func again(t *testing.T, l *Line) {
	t.Helper()
	written := l.Key + " = " + l.Value
	switch {
	case l.IgnoreError:
		written = "-" + written
	case strings.HasPrefix(l.Key, "-"):
		written = "/" + written // keep the slash: without it, the dash would be the mark of a line whose errors are ignored
	}
	got := Parse("f", []byte(written))
	if len(got) != 1 || got[0].Key != l.Key || got[0].Value != l.Value || got[0].IgnoreError != l.IgnoreError {
		t.Errorf("%q was read as %q %q, and %q as something else", l.Text, l.Key, l.Value, written)
	}
}

// TestYAMLIsTold: the answer to a line of a playbook is the corresponding line of a
// file.
func TestYAMLIsTold(t *testing.T) {
	if _, do := defectText(&Line{Text: "net.ipv4.tcp_fin_timeout: 30"}, NoAssignment); do.En != "Write net.ipv4.tcp_fin_timeout = 30." {
		t.Error(do.En)
	}
}
