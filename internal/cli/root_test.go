// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"strings"
	"testing"
)

// TestNeeded: a command that is built alone equals that of the whole tree; for a word
// that is no command the whole tree is built.
func TestNeeded(t *testing.T) {
	env := System("v0.0.0-test")
	var names []string
	for _, c := range Root(env).Commands() {
		names = append(names, c.Name())
		alone := newRootCommand(env, needed([]string{c.Name()})).Commands()
		if len(alone) != 1 || alone[0].Name() != c.Name() || alone[0].UsageString() != c.UsageString() {
			t.Errorf("%s: made alone it is another", c.Name())
		}
	}
	if len(names) < 12 {
		t.Errorf("the tree has only %q", names)
	}
	for _, args := range [][]string{{"--help"}, {"help", "tune"}, {"cencus"}, {"__complete", ""}, {"-"}, {"-o", "json", "list"}, {"LIST"}} {
		if got := needed(args); len(got) != len(names) {
			t.Errorf("%q: %d commands of %d", args, len(got), len(names))
		}
	}
	if got := needed(nil); got != nil {
		t.Errorf("no arguments: %d commands", len(got))
	}
}

// TestLifetimeOf: the lifetime of a command that may change something, or does not end
// by itself, is known before it begins.
func TestLifetimeOf(t *testing.T) {
	for args, want := range map[string]Lifetime{
		"": ReadsOnce, "census": ReadsOnce, "list state time-wait": ReadsOnce, "doctor --netns all": ReadsOnce, "check": ReadsOnce,
		"census --every 1s": RunsOn, "doctor --every=1s": RunsOn, "--every 1s": Writes, "trace": RunsOn,
		"tune apply": Writes, "tune": Writes, "lab hold time-wait": Writes, "snapshot": Writes, "kill": Writes,
		"-o json tune apply": Writes, "help": Writes,
	} {
		if got := LifetimeOf(strings.Fields(args)); got != want {
			t.Errorf("%q: %v", args, got)
		}
	}
}
