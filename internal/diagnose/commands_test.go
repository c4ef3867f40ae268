// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/command"
	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// hostileNames are names that any user may give to a process, and root to a unit.
func hostileNames() []string {
	return []string{
		"';id>PWNED;'", `";id;"`, "$(id>PWNED)", "`id`", "a\nid", "\x1b[2K\x1b[1A", "a\x9bb", "bad\xff\xfe", `\`, `\'`, "a'b\"c", "-rf", "--netns=x",
		"none", "and", "not", "sport", " ", "* ?[a]{b}", "~root", "!!", "a) or (pid > 0", "a, b", "\u202egnp.exe", "名前", "`![](//e.e/a)`", "|cat", "%s%d%v",
	}
}

// TestCommandsOfHostileNames judges all made machines with names that try to break out
// of a printed command, and lets a shell parse each command.
func TestCommandsOfHostileNames(t *testing.T) {
	printed := map[string]command.Line{}
	machines := allMadeMachines(t)
	for _, name := range hostileNames() {
		for _, m := range machines {
			renameOwners(m.now, name)
			renameOwners(m.before, name)
			d := Judge(m.now, m.past(), m.window)
			for i := range d.Findings {
				collectCommands(t, &d.Findings[i], printed)
			}
		}
	}
	for _, r := range Rules() {
		printed[r.Check.String()] = r.Check
	}
	if len(printed) < len(Rules()) {
		t.Errorf("only %d commands", len(printed))
	}
	shellReads(t, printed)
}

// TestWhoseMatchesJustThatName: the condition that whose writes matches the name it
// was made for and no other.
func TestWhoseMatchesJustThatName(t *testing.T) {
	for _, name := range hostileNames() {
		for _, o := range []*socket.Owner{{Process: &socket.Process{Name: name}}, {Unit: name}} {
			f, err := query.Parse(whose(o), query.Options{})
			if err != nil {
				t.Errorf("%q: %v", name, err)
				continue
			}
			other := &socket.Owner{Process: &socket.Process{Name: name + "x"}, Unit: name + "x"}
			if got := f.Match(&socket.Socket{Owner: o}); got != query.Yes {
				t.Errorf("%q: its own socket: %v", name, got)
			}
			if got := f.Match(&socket.Socket{Owner: other}); got != query.No {
				t.Errorf("%q: another's socket: %v", name, got)
			}
		}
	}
}

func allMadeMachines(t *testing.T) (all []*madeMachine) {
	t.Helper()
	files, err := filepath.Glob("testdata/rules/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("%v %v", files, err)
	}
	for _, file := range files {
		all = append(all, madeMachines(t, file, readFile(t, file))...)
	}
	return all
}

func collectCommands(t *testing.T, f *Finding, into map[string]command.Line) {
	t.Helper()
	if f.Check.None() {
		t.Errorf("%s: no command that could be printed: %q", f.Code, f.Check.Words())
	}
	checkParses(t, f.Code, f.Check)
	into[f.Check.String()] = f.Check
	for i := range f.Explains {
		collectCommands(t, &f.Explains[i].Finding, into)
	}
}

// shellReads lets one shell run all commands. Functions replace the programs and write
// out their arguments.
func shellReads(t *testing.T, printed map[string]command.Line) {
	t.Helper()
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("no sh here")
	}
	var script strings.Builder
	for _, program := range []string{command.Program, "sysctl", "grep", "ss"} {
		script.WriteString(program + `() { printf '%s' "` + program + `"; for w in "$@"; do printf '\1%s' "$w"; done; printf '\2'; }` + "\n")
	}
	var want []string
	for text, line := range printed {
		script.WriteString(text + "\n")
		want = append(want, strings.Join(line.Words(), "\x01"))
	}
	cmd := exec.CommandContext(t.Context(), sh, "-s")
	cmd.Dir, cmd.Stdin = t.TempDir(), strings.NewReader(script.String())
	out, err := cmd.CombinedOutput()
	got := strings.Split(strings.TrimSuffix(string(out), "\x02"), "\x02")
	slices.Sort(got)
	slices.Sort(want)
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%v: the shell reads other words than were written:\n got %q\nwant %q", err, got, want)
	}
	if left, _ := filepath.Glob(filepath.Join(cmd.Dir, "*")); len(left) > 0 {
		t.Errorf("a name has run a command: %v", left)
	}
}

// renameOwners gives every process and unit of a machine the same name.
func renameOwners(m *Machine, name string) {
	renamed := func(o *socket.Owner) *socket.Owner {
		if o == nil || o.Process == nil {
			return &socket.Owner{Unit: name}
		}
		c := *o
		p := *o.Process
		p.Name, c.Process = name, &p
		return &c
	}
	for _, space := range m.Spaces {
		for i := range space.Sockets.watches {
			rows := space.Sockets.watches[i].Rows
			for j := range rows {
				rows[j].Owner = renamed(rows[j].Owner)
			}
		}
		if space.Sockets.Queues != nil {
			for i := range space.Sockets.Queues.listeners {
				row := space.Sockets.Queues.listeners[i].row
				row.Owner = renamed(row.Owner)
			}
		}
		if space.Sockets.Ports == nil {
			continue
		}
		for _, ports := range space.Sockets.Ports.spaces {
			for _, use := range ports.destinations {
				use.holders[0].owner = renamed(use.holders[0].owner)
			}
		}
	}
}
