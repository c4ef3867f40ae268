// SPDX-License-Identifier: Apache-2.0

package archtest

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// files is a small tree: names and contents.
type files map[string]string

// goSource completes a Go file: the license line and the package clause.
func goSource(pkg, body string) string {
	return licenseLine + "\npackage " + pkg + "\n\n" + body + "\n"
}

func importing(pkg, path string) string { return goSource(pkg, `import _ "`+path+`"`) }

// A broken names a tree, and a part of the violation it must give; an empty
// part means that the tree is in order.
type broken struct {
	name string
	tree files
	want string
}

// examples shows each rule what it must catch and what it must leave alone.
func examples() map[string][]broken {
	return map[string][]broken{
		"layers": {
			{"pure on service", files{"internal/query/a.go": importing("query", Module+"/internal/engine")}, "a.go:5: query (pure) imports engine (service)"},
			{"pure on pure", files{"internal/knowledge/a.go": importing("knowledge", Module+"/internal/listing")}, "knowledge (pure) imports listing (pure)"},
			{"pure on query", files{"internal/diagnose/a.go": importing("diagnose", Module+"/internal/query")}, ""},
			{"face on kernel", files{"internal/cli/a.go": importing("cli", Module+"/internal/kernel/procfs")}, "cli (face) imports kernel/procfs (kernel)"},
			{"face on kernel, on another system", files{"internal/cli/a_windows.go": importing("cli", Module+"/internal/kernel/procfs")}, "a_windows.go:5"},
			{"face on kernel in a test", files{"internal/cli/a_test.go": importing("cli", Module+"/internal/kernel/procfs")}, ""},
			{"face on face and service", files{"internal/cli/a.go": goSource("cli", "import (\n_ \""+Module+"/internal/render\"\n_ \""+Module+"/internal/engine\"\n)")}, ""},
			{"kernel on pure", files{"internal/kernel/procfs/a.go": importing("procfs", Module+"/internal/listing")}, "kernel/procfs (kernel) imports listing (pure)"},
			{"word on service", files{"internal/tcp/a.go": importing("tcp", Module+"/internal/owner")}, "tcp (word) imports owner (service)"},
			{"product on test support", files{"internal/owner/a.go": importing("owner", Module+"/internal/testnet")}, "owner (service) imports testnet (support)"},
			{"command on service", files{"cmd/tcpvitals/main.go": importing("main", Module+"/internal/engine")}, "imports engine (service)"},
			{"no place", files{"internal/util/a.go": goSource("util", "")}, "package internal/util has no layer"},
			{"on no place", files{"internal/cli/a.go": importing("cli", Module+"/internal/util")}, "internal/util has no layer"},
		},
		"purity": {
			{"os", files{"internal/query/a.go": importing("query", "os")}, "pure package query imports os"},
			{"below os", files{"internal/tcp/a.go": importing("tcp", "os/exec")}, "pure package tcp imports os/exec"},
			{"net", files{"internal/listing/a.go": importing("listing", "net")}, "imports net"},
			{"addresses are values", files{"internal/listing/a.go": importing("listing", "net/netip")}, ""},
			{"clock", files{"internal/query/a.go": goSource("query", "import \"time\"\n\nvar _ = time.Now()")}, "a.go:7: pure package query uses time.Now"},
			{"durations are values", files{"internal/query/a.go": goSource("query", "import \"time\"\n\nconst second = time.Second")}, ""},
			{"one system by name", files{"internal/query/a_linux.go": goSource("query", "")}, "this file is for linux"},
			{"one system by constraint", files{"internal/query/a.go": licenseLine + "\n//go:build !windows\n\npackage query\n"}, "//go:build !windows"},
			{"a service may", files{"internal/engine/a_linux.go": importing("engine", "os")}, ""},
			{"a test may", files{"internal/query/a_test.go": importing("query", "os")}, ""},
		},
		"privileged imports": {
			{"unsafe", files{"internal/engine/a.go": importing("engine", "unsafe")}, "engine may not import unsafe"},
			{"unix", files{"internal/render/a_linux.go": importing("render", "golang.org/x/sys/unix")}, "render may not import golang.org/x/sys/unix"},
			{"syscall", files{"internal/query/a.go": importing("query", "syscall")}, "query may not import syscall"},
			{"cgo", files{"internal/kernel/a.go": importing("kernel", "C")}, "no cgo"},
			{"the kernel's own", files{"internal/kernel/sockdiag/a.go": goSource("sockdiag", "import (\n_ \"unsafe\"\n_ \"golang.org/x/sys/unix\"\n)")}, ""},
			{"a like name", files{"internal/engine/a.go": importing("engine", "unsafely")}, ""},
		},
		"libraries": {
			{"unknown", files{"internal/cli/a.go": importing("cli", "github.com/urfave/cli")}, "a library nobody decided for"},
			{"another package's", files{"internal/engine/a.go": importing("engine", "github.com/spf13/cobra")}, "engine may not import github.com/spf13/cobra"},
			{"a test's", files{"internal/engine/a.go": importing("engine", "github.com/google/go-cmp/cmp")}, "may not import"},
			{"in a test", files{"internal/engine/a_test.go": importing("engine", "github.com/google/go-cmp/cmp")}, ""},
			{"its own", files{"internal/cli/a.go": importing("cli", "github.com/spf13/cobra/doc")}, ""},
			{"standard and ours", files{"internal/cli/a.go": goSource("cli", "import (\n_ \"net/http\"\n_ \""+Module+"/internal/render\"\n)")}, ""},
		},
		"package comments": {
			{"none", files{"a/a.go": goSource("a", "")}, "a: no package comment"},
			{"two", files{"a/a.go": goDoc("a"), "a/b.go": goDoc("a")}, "2 package comments: a/a.go, a/b.go"},
			{"on one system only", files{"a/a_linux.go": goDoc("a"), "a/b.go": goSource("a", "")}, "which not every system builds"},
			{"wrong beginning", files{"a/a.go": licenseLine + "\n// Something.\npackage a\n"}, "must begin with Package a"},
			{"one", files{"a/a.go": goDoc("a"), "a/b.go": goSource("a", ""), "a/b_test.go": goSource("a", "")}, ""},
			{"a package of one system", files{"a/a_linux.go": goDoc("a")}, ""},
		},
		"license line": {
			{"missing", files{"a/a.go": "package a\n"}, "a/a.go:1: the first line must be"},
			{"in the package comment", files{"a/a.go": licenseLine + "// Package a is.\npackage a\n"}, "a/a.go:2: an empty line"},
			{"in the tools too", files{"tools/a.go": "package a\n"}, "the first line must be"},
			{"there", files{"a/a.go": goSource("a", "")}, ""},
		},
		"no init": {
			{"function", files{"a/a.go": goSource("a", "func init() {}")}, "a.go:5: no init functions"},
			{"in a test", files{"a/a_test.go": goSource("a", "func init() {}")}, "no init functions"},
			{"method", files{"a/a.go": goSource("a", "type t int\n\nfunc (t) init() {}")}, ""},
		},
		"package state": {
			{"zero value", files{"a/a.go": goSource("a", "var mu struct{}")}, "package-level variable mu"},
			{"number", files{"a/a.go": goSource("a", "var depth = 3")}, "package-level variable depth"},
			{"made map", files{"a/a.go": goSource("a", "var seen = make(map[string]int)")}, "package-level variable seen"},
			{"pointer", files{"a/a.go": goSource("a", "type t struct{}\n\nvar one = &t{}")}, "package-level variable one"},
			{"table", files{"a/a.go": goSource("a", "var names = [...]string{\"a\"}\n\nfunc f() string { return names[0] }")}, ""},
			{"table written to", files{"a/a.go": goSource("a", "var names = map[string]int{}\n\nfunc f() { names[\"a\"] = 1 }")}, "a.go:7: assigns to package-level table names"},
			{"table written to in another file", files{"a/a.go": goSource("a", "var names = []string{}"), "a/b.go": goSource("a", "func f() { names = append(names, \"b\") }")}, "b.go:5: assigns to package-level table names"},
			{"field of a table", files{"a/a.go": goSource("a", "var all = []struct{ n int }{{1}}\n\nfunc f() { all[0].n++ }")}, "assigns to package-level table all"},
			{"address of a table", files{"a/a.go": goSource("a", "var all = []int{1}\n\nfunc f() *int { return &all[0] }")}, "takes the address of package-level table all"},
			{"deleted from", files{"a/a.go": goSource("a", "var all = map[int]int{}\n\nfunc f() { delete(all, 1) }")}, "changes package-level table all"},
			{"local of the same name", files{"a/a.go": goSource("a", "var all = []int{1}\n\nfunc f() { all := []int{2}; all[0] = 3 }")}, ""},
			{"another package's table", files{"a/a.go": goSource("a", "var all = []int{1}"), "b/b.go": goSource("b", "func f(all []int) { all[0] = 3 }")}, ""},
			{"error, assertion, pattern", files{"a/a.go": goSource("a", "import (\n\"errors\"\n\"regexp\"\n)\n\nvar ErrA = errors.New(\"a\")\nvar _ error = nil\nvar p = regexp.MustCompile(`a`)")}, ""},
			{"embedded", files{"a/a.go": goSource("a", "import _ \"embed\"\n\n//go:embed a.txt\nvar text string")}, ""},
			{"set by the linker", files{"cmd/tcpvitals/main.go": goSource("main", "var version string")}, ""},
			{"in a test", files{"a/a_test.go": goSource("a", "var update = true")}, ""},
		},
		"budget names": {
			{"hidden", files{"a/a_test.go": goSource("a", "import \"testing\"\n\nfunc TestDecode(t *testing.T) { _ = testing.AllocsPerRun(1, nil) }")}, "TestDecode counts allocations"},
			{"named", files{"a/a_test.go": goSource("a", "import \"testing\"\n\nfunc TestDecodeAllocs(t *testing.T) { _ = testing.AllocsPerRun(1, nil) }")}, ""},
		},
		"fuzz seeds": {
			{"none", files{"a/a_test.go": goSource("a", "func FuzzA() {}")}, "no seeds in a/testdata/fuzz/FuzzA/"},
			{"another's", files{"a/a_test.go": goSource("a", "func FuzzA() {}"), "a/testdata/fuzz/FuzzAB/1": ""}, "no seeds"},
			{"kept", files{"a/a_test.go": goSource("a", "func FuzzA() {}"), "a/testdata/fuzz/FuzzA/1": ""}, ""},
		},
		"decision records": {
			{"not listed", files{"docs/decisions/0001-a.md": record, "docs/decisions/README.md": ""}, "not listed"},
			{"number used twice", files{"docs/decisions/0001-a.md": record, "docs/decisions/0001-b.md": record, "docs/decisions/README.md": "(0001-a.md) (0001-b.md)"}, "0001-b.md: has the number of 0001-a.md"},
			{"no number", files{"docs/decisions/a.md": record}, "is named NNNN-title.md"},
			{"heading missing", files{"docs/decisions/0001-a.md": "# A\n\n## Context\n", "docs/decisions/README.md": "(0001-a.md)"}, "no heading ## Options"},
			{"too long", files{"docs/decisions/0001-a.md": record + strings.Repeat("\n", 80), "docs/decisions/README.md": "(0001-a.md)"}, "at most a page"},
			{"in order", files{"docs/decisions/0001-a.md": record, "docs/decisions/README.md": "(0001-a.md)", "docs/decisions/template.md": ""}, ""},
		},
		"changelog fragments": {
			{"unknown kind", files{"changelog/unreleased/a.md": "News: A title\n\nBody.\n"}, "the first line is Feature"},
			{"full stop", files{"changelog/unreleased/a.md": "Fix: A title.\n\nBody.\n"}, "the first line is"},
			{"no body", files{"changelog/unreleased/a.md": "Fix: A title\n"}, "the second line is empty"},
			{"empty body", files{"changelog/unreleased/a.md": "Fix: A title\n\n \n"}, "no body"},
			{"long title", files{"changelog/unreleased/a.md": "Fix: A" + strings.Repeat("a", 100) + "\n\nBody.\n"}, "longer than 100"},
			{"another type of file", files{"changelog/unreleased/a.txt": "Fix: A title\n\nBody.\n"}, "not a changelog fragment"},
			{"in order", files{"changelog/unreleased/a.md": "Fix: A title\n\nBody.\n", "changelog/README.md": "Anything"}, ""},
		},
		"strange words": {
			{"path of one machine", files{"a.md": "first\nsee /wo" + "rk/main\n"}, "a.md:2: does not belong here"},
			{"mirror", files{"Makefile": "GOPROXY=https://proxy." + "golang.org"}, "does not belong here"},
			{"note to oneself", files{"a/a.go": goSource("a", "// FIX"+"ME later")}, "does not belong here"},
			{"conflict", files{"a.md": "<<<<" + "<<< HEAD\n"}, "does not belong here"},
			{"a path within a path", files{"a.md": "/sys/class/wo" + "rk/1"}, ""},
			{"binary", files{"a.bin": "\xff\xfe /wo" + "rk/"}, ""},
		},
		"make targets": {
			{"in a span", files{"Makefile": "check: ## x\n", "README.md": "Run `make chekc`.\n"}, "README.md: make chekc is no target"},
			{"in a fence", files{"Makefile": "check:\n", "docs/a.md": "```\n$ make tests\n```\n"}, "make tests is no target"},
			{"indented", files{"Makefile": "check:\n", "README.md": "    make tests\n"}, "make tests is no target"},
			{"a verb", files{"Makefile": "check:\n", "README.md": "They\nmake connections. `make check`\n"}, ""},
		},
		"exit codes": {
			{"not told", files{"internal/cli/exit.go": goSource("cli", "const (\nexitOK = 0\nexitOdd = 9\n)"), "docs/exit-codes.md": "| 0 | fine |\n"}, "exit.go:7: exit code 9 (exitOdd) has no row in docs/exit-codes.md"},
			{"told", files{"internal/cli/exit.go": goSource("cli", "const exitOK = 0"), "docs/exit-codes.md": "| 0 | fine |\n"}, ""},
			{"another constant", files{"internal/cli/exit.go": goSource("cli", "const width = 80")}, ""},
		},
		"links": {
			{"nowhere", files{"docs/a.md": "[b](b.md)"}, "docs/a.md: link to b.md leads nowhere"},
			{"file, directory, heading, web", files{"docs/a.md": "[b](../b.md#x) [c](../c) [d](#d) [e](https://example.org)", "b.md": "", "c/d.md": ""}, ""},
		},
	}
}

const record = "# A\n\n## Context\n\n## Options\n\n## Decision\n\n## When to reconsider\n"

func goDoc(pkg string) string {
	return licenseLine + "\n// Package " + pkg + " is there.\npackage " + pkg + "\n"
}

func TestRulesCatchWhatTheyAreFor(t *testing.T) {
	all := examples()
	for _, rule := range Rules() {
		caught, passed := 0, 0
		for _, example := range all[rule.Name] {
			t.Run(rule.Name+"/"+example.name, func(t *testing.T) { try(t, rule, example) })
			if example.want == "" {
				passed++
			} else {
				caught++
			}
		}
		if caught == 0 || passed == 0 {
			t.Errorf("rule %q has %d bad examples and %d good ones: it needs both", rule.Name, caught, passed)
		}
		delete(all, rule.Name)
	}
	if len(all) > 0 {
		t.Errorf("examples of rules that do not exist: %v", slices.Collect(maps.Keys(all)))
	}
}

// try checks one rule on one tree.
func try(t *testing.T, rule Rule, example broken) {
	t.Helper()
	fsys := fstest.MapFS{}
	for name, content := range example.tree {
		fsys[name] = &fstest.MapFile{Data: []byte(content)}
	}
	tree, err := Load(fsys)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, violation := range rule.Check(tree) {
		lines = append(lines, violation.String())
	}
	got := strings.Join(lines, "\n")
	if example.want == "" && got != "" {
		t.Errorf("should be in order, but:\n%s", got)
	}
	if !strings.Contains(got, example.want) {
		t.Errorf("got:\n%s\nwant: %s", got, example.want)
	}
}

func TestLoadLeavesOutWhatIsBuilt(t *testing.T) {
	tree, err := Load(fstest.MapFS{
		"bin/tcpvitals":        {},
		".git/config":          {},
		"internal/bin/keep":    {},
		"a/testdata/broken.go": {Data: []byte("no Go")},
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(tree.Names, " "); got != "a/testdata/broken.go internal/bin/keep" || len(tree.Go) != 0 {
		t.Errorf("read %s and %d Go files", got, len(tree.Go))
	}
}

func TestLoadRefusesGoThatDoesNotParse(t *testing.T) {
	if _, err := Load(fstest.MapFS{"a/a.go": {Data: []byte("no Go")}}); err == nil {
		t.Error("no error")
	}
}
