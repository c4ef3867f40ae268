// SPDX-License-Identifier: Apache-2.0

package render

import (
	"strings"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// TestNamesLikeMarks: a process whose name is empty, or equals the mark for an unknown
// or a missing name, is not mistaken for one without a name.
func TestNamesLikeMarks(t *testing.T) {
	known := func(p *socket.Process) *socket.Owner { return &socket.Owner{Process: p, Scanned: true} }
	field := socket.FieldProcess.Field()
	key := &query.Key{Field: field}
	seen := map[string]string{}
	for what, o := range map[string]*socket.Owner{
		"nothing known": nil, "nobody": known(nil), "no name known": known(&socket.Process{PID: 3, NoName: true}),
		"empty": known(&socket.Process{PID: 3}), "-": known(&socket.Process{PID: 3, Name: "-"}), "?": known(&socket.Process{PID: 3, Name: "?"}),
		"none": known(&socket.Process{PID: 3, Name: "none"}), "unknown": known(&socket.Process{PID: 3, Name: "unknown"}), "nginx": known(&socket.Process{PID: 3, Name: "nginx"}),
	} {
		s := &socket.Socket{Owner: o}
		var out strings.Builder
		table := NewTableRows(&out, []*socket.Field{field}, knowledge.English)
		if err := table.Row(s); err != nil {
			t.Fatal(err)
		}
		if err := table.Flush(); err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSpace(out.String()), "\n")
		text := strings.TrimSpace(lines[len(lines)-1])
		kind := strings.Replace(what, "no name known", "nothing known", 1)
		if other, taken := seen[text]; taken && other != kind {
			t.Errorf("%s and %s are both %q", what, other, text)
		}
		seen[text] = kind
		v, ok := field.Value(s)
		cell := GroupingTable{}.cellText(key, query.Cell{Value: v, Known: ok})
		if want := map[string]string{"nobody": "-", "empty": `""`, "-": `"-"`, "none": `"none"`, "unknown": `"unknown"`, "nginx": "nginx"}[what]; want != "" && cell != want {
			t.Errorf("%s as a group is %q, want %q", what, cell, want)
		}
		if f, err := query.Parse(`process = ""`, query.Options{}); err != nil || (f.Match(s) == query.Yes) != (what == "empty") {
			t.Errorf(`%s: process = "" is %v, %v`, what, f.Match(s), err)
		}
	}
}
