// SPDX-License-Identifier: Apache-2.0

package archtest

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// files is a small tree: contents by name.
type files map[string]string

// goSource completes a Go file: the license line and the package clause.
func goSource(pkg, body string) string {
	return licenseLine + "\npackage " + pkg + "\n\n" + body + "\n"
}

func importing(pkg, path string) string { return goSource(pkg, `import _ "`+path+`"`) }

// reasons is a tree with codes, their sentences, and a reader that uses one code.
func reasons(codes, sentences, use string) files {
	return files{
		"internal/problem/code.go":     goSource("problem", codes),
		"internal/knowledge/reason.go": goSource("knowledge", "func all() map[problem.Code]Text { return map[problem.Code]Text{"+sentences+"} }"),
		"internal/engine/a.go":         goSource("engine", "func f() any {\n\treturn "+cmp.Or(use, "nil")+"\n}"),
	}
}

// A broken is a tree and a part of the expected violation; an empty part means that no
// violation is expected.
type broken struct {
	name string
	tree files
	want string
}

// examples has, for each rule, trees in which it must find a violation and trees in
// which it must find none.
func examples() map[string][]broken {
	return map[string][]broken{
		"layers": {
			{"pure on service", files{"internal/query/a.go": importing("query", Module+"/internal/engine")}, "a.go:5: query (pure) imports engine (service)"},
			{"pure on pure", files{"internal/knowledge/a.go": importing("knowledge", Module+"/internal/listing")}, "knowledge (pure) imports listing (pure)"},
			{"pure on query", files{"internal/diagnose/a.go": importing("diagnose", Module+"/internal/query")}, ""},
			{"face on kernel", files{"internal/cli/a.go": importing("cli", Module+"/internal/kernel/procfs")}, "cli (face) imports kernel/procfs (kernel)"},
			{"face on kernel, on another system", files{"internal/cli/a_windows.go": importing("cli", Module+"/internal/kernel/procfs")}, "a_windows.go:5"},
			{"face on kernel in a test", files{"internal/cli/a_test.go": importing("cli", Module+"/internal/kernel/procfs")}, ""},
			{"face on face", files{"internal/watch/a.go": importing("watch", Module+"/internal/cli")}, "a.go:5: watch (face) imports cli (face)"},
			{"face on a face to come", files{"internal/cli/a.go": importing("cli", Module+"/internal/exporter")}, "cli (face) imports exporter (face)"},
			{"within a face", files{"internal/watch/pane/a.go": importing("pane", Module+"/internal/watch")}, ""},
			{"face on drawing, documents and services", files{"internal/exporter/a.go": goSource("exporter", "import (\n_ \""+Module+"/internal/report\"\n_ \""+Module+"/internal/sampler\"\n_ \""+Module+"/internal/render\"\n)")}, ""},
			{"drawing on face", files{"internal/render/a.go": importing("render", Module+"/internal/cli")}, "render (drawing) imports cli (face)"},
			{"drawing on documents", files{"internal/render/a.go": importing("render", Module+"/internal/report")}, ""},
			{"documents on drawing", files{"internal/report/a.go": importing("report", Module+"/internal/render")}, "report (answer) imports render (drawing)"},
			{"documents on kernel", files{"internal/report/a.go": importing("report", Module+"/internal/kernel/netns")}, "report (answer) imports kernel/netns (kernel)"},
			{"service on documents", files{inDaemon + "history/a.go": importing("history", Module+"/internal/report")}, "history (service) imports report (answer)"},
			{"service on service and kernel", files{"internal/trace/a.go": goSource("trace", "import (\n_ \""+Module+"/internal/owner\"\n_ \""+Module+"/internal/kernel/tracer\"\n)")}, ""},
			{"kernel on service", files{"internal/kernel/tracer/a.go": importing("tracer", Module+"/internal/trace")}, "kernel/tracer (kernel) imports trace (service)"},
			{"cli on drawing and service", files{"internal/cli/a.go": goSource("cli", "import (\n_ \""+Module+"/internal/render\"\n_ \""+Module+"/internal/engine\"\n)")}, ""},
			{"kernel on pure", files{"internal/kernel/procfs/a.go": importing("procfs", Module+"/internal/listing")}, "kernel/procfs (kernel) imports listing (pure)"},
			{"word on service", files{"internal/tcp/a.go": importing("tcp", Module+"/internal/owner")}, "tcp (word) imports owner (service)"},
			{"product on test support", files{"internal/owner/a.go": importing("owner", Module+"/internal/testnet")}, "owner (service) imports testnet (support)"},
			{"command on service", files{"cmd/tcpvitals/main.go": importing("main", Module+"/internal/engine")}, "imports engine (service)"},
			{"no place", files{"internal/util/a.go": goSource("util", "")}, "package internal/util has no layer"},
			{"on no place", files{"internal/cli/a.go": importing("cli", Module+"/internal/util")}, "internal/util has no layer"},
		},
		"separations": {
			{"reader on rules", files{"internal/engine/a.go": importing("engine", Module+"/internal/diagnose")}, "a.go:5: engine imports diagnose: engine reads sockets"},
			{"reader on words", files{"internal/engine/a.go": importing("engine", Module+"/internal/knowledge")}, "engine imports knowledge"},
			{"reader on what uses it", files{"internal/engine/a.go": importing("engine", Module+"/internal/collect")}, "engine imports collect"},
			{"a ticker that knows what it ticks for", files{"internal/sampler/a.go": importing("sampler", Module+"/internal/engine")}, "sampler imports engine"},
			{"the way it is", files{"internal/collect/a.go": goSource("collect", "import (\n_ \""+Module+"/internal/engine\"\n_ \""+Module+"/internal/diagnose\"\n)")}, ""},
			{"a test may", files{"internal/engine/a_test.go": importing("engine", Module+"/internal/diagnose")}, ""},
		},
		"lean program": {
			{"at once", files{"cmd/tcpvitals/main.go": importing("main", Module+"/"+inDaemon+"history")}, "main.go:5: cmd/tcpvitals would link"},
			{"by way of others", files{
				"cmd/tcpvitals/main.go": importing("main", Module+"/internal/cli"), "internal/cli/a.go": importing("cli", Module+"/internal/exporter"),
			}, "internal/cli/a.go:5: cmd/tcpvitals would link exporter"},
			{"the one that runs on", files{"cmd/tcpvitalsd/main.go": importing("main", Module+"/internal/exporter")}, ""},
			{"only in a test", files{
				"cmd/tcpvitals/main.go": importing("main", Module+"/internal/cli"), "internal/cli/a_test.go": importing("cli", Module+"/internal/exporter"),
			}, ""},
			{"a slow library", files{
				"cmd/tcpvitals/main.go": importing("main", Module+"/internal/render"), "internal/render/a.go": importing("render", "html/template"),
			}, "internal/render/a.go:5: cmd/tcpvitals would start slower with html/template"},
		},
		"openers": {
			{"a name", files{"internal/cli/a.go": goSource("cli", "import \"os\"\n\nfunc f(name string) { _, _ = os.ReadFile(name) }")}, "a.go:7: os.ReadFile: a file that somebody names"},
			{"a directory", files{"internal/tune/a.go": goSource("tune", "import \"os\"\n\nfunc f(d string) { _, _ = os.ReadDir(d + \"/x\") }")}, "a.go:7"},
			{"a file of the kernel", files{"internal/cli/a.go": goSource("cli", "import \"os\"\n\nfunc f(n string) { _, _ = os.ReadFile(\"/proc/sys/net/\" + n) }")}, ""},
			{"the opener", files{"internal/userfile/a.go": goSource("userfile", "import \"os\"\n\nfunc f(n string) { _, _ = os.Open(n) }")}, ""},
			{"a test", files{"internal/cli/a_test.go": goSource("cli", "import \"os\"\n\nfunc f(n string) { _, _ = os.Open(n) }")}, ""},
		},
		"reasons": {
			{"without words", reasons(`const Lost Code = "lost"`, ``, ``), "code.go:5: Lost has no sentence in internal/knowledge"},
			{"in one language", reasons(`const Lost Code = "lost"`, `problem.Lost: {"it is lost", ""}`, ``), "the sentence of Lost is not in both languages"},
			{"Chinese in both", reasons(`const Lost Code = "lost"`, `problem.Lost: {"丢失", "丢失"}`, ``), "the sentence of Lost is not in both languages"},
			{"a blank too many", reasons(`const Lost Code = "lost"`, `problem.Lost: {"{1} of {2} are lost", "丢失 {1}"}`, `problem.Unread("x", problem.Lost, 1)`), "a.go:6: the sentence of Lost has 2 blanks, and 1 argument is given"},
			{"two codes of one name", reasons("const Lost Code = \"lost\"\nconst Gone Code = \"lost\"", `problem.Lost: {"it is lost", "丢失"}, problem.Gone: {"it is gone", "消失"}`, ``), "code.go:6: Gone is called as another code"},
			{"an own sentence", reasons(`const Lost Code = "lost"`, `problem.Lost: {"it is lost", "丢失"}`, `problem.Gap{Source: "x", Reason: "it is lost"}`), "a.go:6: a reason is a code"},
			{"in order", reasons(`const Lost Code = "lost"`, `problem.Lost: {"{1} are lost", "{0}：丢失 {1}"}`, `problem.Unread("x", problem.Lost, 1)`), ""},
		},
		"encoders": {
			{"in a face", files{"internal/cli/a.go": goSource("cli", "var b, err = json.Marshal(1)")}, "a.go:5: json.Marshal: documents are written by internal/report/json.go alone"},
			{"beside", files{"internal/report/a.go": goSource("report", "var e = json.NewEncoder(nil)")}, "a.go:5: json.NewEncoder"},
			{"where they are written", files{"internal/report/json.go": goSource("report", "var e = json.NewEncoder(nil)")}, ""},
			{"a file of a service", files{"internal/snapshot/a.go": goSource("snapshot", "var b, err = json.Marshal(1)")}, ""},
			{"a test", files{"internal/cli/a_test.go": goSource("cli", "var b, err = json.Marshal(1)")}, ""},
		},
		"readers": {
			{"a sentence", files{"internal/kernel/procfs/a.go": goSource("procfs", "const said = \"没有这个文件\"")}, "a.go:5: a reader speaks no language"},
			{"an error in both languages", files{"internal/engine/a.go": goSource("engine", "var err = &problem.UsageError{Msg: \"no\", Zh: \"没有\"}")}, ""},
			{"words that a listing has", files{"internal/listing/counts.go": goSource("listing", "const state = \"状态\"")}, ""},
			{"elsewhere", files{"internal/knowledge/a.go": goSource("knowledge", "const said = \"没有这个文件\"")}, ""},
			{"a test", files{"internal/engine/a_test.go": goSource("engine", "const said = \"没有\"")}, ""},
		},
		"commands": {
			{"added to", files{"internal/cli/a.go": goSource("cli", "func f(name string) string { return \"tcpvitals list 'process = \" + name + \"'\" }")}, "a.go:5: a command is put together"},
			{"formatted", files{"internal/render/a.go": goSource("render", "func f(g func(string, ...any) string, n string) string { return g(\"see tcpvitals queues %s\", n) }")}, "a.go:5"},
			{"another program", files{"internal/cli/a.go": goSource("cli", "func f(ns string) string { return \"nsenter --net=\" + ns }")}, "a.go:5"},
			{"said and no more", files{"internal/cli/a.go": goSource("cli", "func f(g func(string, ...any)) { g(\"tcpvitals list shows\" + \" 100 %\"); g(\"%s\", 1) }")}, ""},
			{"where they are built", files{"internal/command/a.go": goSource("command", "func f(n string) string { return \"tcpvitals list \" + n }")}, ""},
			{"a test may", files{"internal/cli/a_test.go": goSource("cli", "func f(n string) string { return \"tcpvitals list \" + n }")}, ""},
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
		"wording": {
			{"a capital at a name", files{"a/a.go": goSource("a", `const c = "Tcp_fin_timeout is 0."`)}, "Tcp_fin_timeout: a name keeps its small letter"},
			{"a capital at a call", files{"a/a.go": goSource("a", `const c = "Bind() no longer fails."`)}, "Bind(): a name keeps"},
			{"a name", files{"a/a.go": goSource("a", `const c = "tcp_fin_timeout is 0, bind() fails, TCP_USER_TIMEOUT."`)}, ""},
			{"two words for one thing", files{"a/a.go": goSource("a", `const c = "每个监听`+`者的 accept `+`队列"`)}, "the word here is 监听套接字"},
			{"a flag called a parameter", files{"a/a.go": goSource("a", `const c = "没有参`+`数 --x"`)}, "选项 for a flag"},
			{"a range with a dash", files{"a/a.go": goSource("a", `const c = "设为 3–`+`5 秒"`)}, "～ between the ends"},
			{"a range", files{"a/a.go": goSource("a", `const c = "内核参数设为 3～5 秒"`)}, ""},
			{"a sign of English", files{"a/a.go": goSource("a", `const c = "端口,地址"`)}, "Chinese has full-width signs"},
			{"full-width signs", files{"a/a.go": goSource("a", `const c = "端口，地址：:443、listen()（Linux 6.8）"`)}, ""},
			{"a value that is nothing", files{"a/a.go": goSource("a", `const c = "（net.x 为 ）：无"`)}, "a value is missing here"},
			{"the glossary", files{"a/a.go": goSource("a", `const c = "监听套接字的全连接队列（accept 队列）里没有孤儿连接"`)}, ""},
			{"a claim of a script", files{"internal/lab/scenario/tcp/a.tcp": "claim: it is so\nclaim.zh: 正是如此,而且\n"}, "a.tcp:2: 此,: Chinese has full-width signs"},
			{"a note of a script", files{"internal/lab/scenario/tcp/a.tcp": "note \"Yes, so.\" \"每个监听" + "者\"\n"}, "the word here is 监听套接字"},
			{"a script", files{"internal/lab/scenario/tcp/a.tcp": "claim.zh: 正是如此，而且\nkernel close() blocks 1s\nnote \"Yes, so.\" \"是的，如此。\"\n"}, ""},
			{"a Chinese page", files{"docs/a.zh.md": "一\n孤" + "儿很多\n"}, "docs/a.zh.md:2"},
		},
		"lists": {
			{"of English in both languages", files{"internal/cli/a.go": goSource("cli", "import \"strings\"\n\nfunc f(all []string) string { return strings.Join(all, \", \") }")}, "joined by knowledge.Listed"},
			{"in English", files{"internal/cli/a.go": goSource("cli", "import \"strings\"\n\ntype t struct{ En, Zh string }\n\nfunc f(all []string) t { return t{En: strings.Join(all, \", \")} }")}, ""},
			{"with the Chinese one", files{"internal/cli/a.go": goSource("cli", "import \"strings\"\n\ntype t struct{ a, b string }\n\nfunc f(all []string) t { return t{strings.Join(all, \", \"), strings.Join(all, \"、\")} }")}, ""},
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
		"one at a time": {
			{"a goroutine", files{"Makefile": "SINGLE := a|b\nPLAIN := Many\n", "internal/a/a.go": goSource("a", "func f() { go f() }"), "internal/b/b.go": goSource("b", "")}, "internal/a/a.go:5: a is in the Makefile's SINGLE"},
			{"of a group, in a test", files{"Makefile": "SINGLE := a\nPLAIN := Many\n", "internal/a/a_test.go": goSource("a", "func TestA() { g.Go(f) }")}, "something runs beside something else"},
			{"tests in parallel", files{"Makefile": "SINGLE := a\nPLAIN := Many\n", "internal/a/a_test.go": goSource("a", "func TestA(t *testing.T) { t.Parallel() }")}, "take it out"},
			{"a test that is kept from it", files{"Makefile": "SINGLE := a\nPLAIN := Few|Many\n", "internal/a/a_test.go": goSource("a", "func TestManyA(t *testing.T) { t.Parallel() }")}, ""},
			{"another package", files{"Makefile": "SINGLE := a\nPLAIN := Many\n", "internal/a/a.go": goSource("a", ""), "internal/a/b/b.go": goSource("b", "func f() { go f() }")}, ""},
			{"no package", files{"Makefile": "SINGLE := a\nPLAIN := Many\n"}, "Makefile: SINGLE names a, which is no package"},
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
		"errors": {
			{"a sentence in one language", files{"internal/engine/a.go": goSource("engine", "func f() error { return errors.New(\"it is out of order\") }")}, "a.go:5: this sentence is in one language: use problem.New"},
			{"words before what is wrapped", files{"internal/cli/a.go": goSource("cli", "func f(err error) error { return fmt.Errorf(\"look for %s: %w\", \"a\", err) }")}, "use problem.Errorf"},
			{"a type without its Chinese", files{"internal/kernel/a/a.go": goSource("a", "var e = &problem.UnsupportedError{Feature: \"a\", Reason: \"it is a Linux interface\"}")}, "Reason is said in English alone: there is no Zh"},
			{"a hint without its Chinese", files{"internal/cli/a.go": goSource("cli", "var e = &problem.UsageError{Msg: \"no good\", Zh: \"不好\", Hint: \"use \" + \"another one here\"}")}, "Hint is said in English alone"},
			{"an operation", files{"internal/kill/a.go": goSource("kill", "var e = &problem.PermissionError{Op: \"enter the namespace\"}")}, "there is no OpZh"},
			{"English twice", files{"internal/kill/a.go": goSource("kill", "var e = problem.New(\"no such socket\", \"no socket\")")}, "the second text is not Chinese"},
			{"an argument left out", files{"internal/kill/a.go": goSource("kill", "var e = problem.Errorf(\"%d of %d bytes\", \"%d 字节\", 1, 2)")}, "do not take the same arguments"},
			{"another verb", files{"internal/kill/a.go": goSource("kill", "var e = problem.Errorf(\"the file %q\", \"文件 %d\", 1)")}, "do not take the same arguments"},
			{"in both", files{"internal/kill/a.go": goSource("kill", "var e = problem.Errorf(\"made %d of %s\", \"%[2]s 有 %[1]d 个\", 1, \"a\")")}, ""},
			{"a name", files{"internal/kernel/a/a.go": goSource("a", "func f(err error) error { return fmt.Errorf(\"sysctl %s: %w\", \"a\", err) }")}, ""},
			{"what the system said", files{"internal/cli/a.go": goSource("cli", "func f(err error) error { return &problem.InputError{Name: \"a\", Msg: err.Error()} }")}, ""},
			{"for who builds", files{"internal/guest/a.go": goSource("guest", "var e = errors.New(\"it does not boot\")")}, ""},
			{"in a test", files{"internal/cli/a_test.go": goSource("cli", "var e = errors.New(\"it is out of order\")")}, ""},
		},
		"twins": {
			{"a sentence alone", files{"internal/render/a.go": goSource("render", "func f() string { return \"nothing was found here\" }")}, "a.go:5: no Chinese says \"nothing was found here\""},
			{"beside another sentence's Chinese", files{"internal/cli/a.go": goSource("cli", "func f() string { return \"nothing was found here\" }\n\nfunc g() string { return \"没有\" }")}, "a.go:5: no Chinese says"},
			{"in both", files{"internal/render/a.go": goSource("render", "var t = knowledge.Text{En: \"nothing was found here\", Zh: \"没有发现\"}")}, ""},
			{"by language", files{"internal/render/a.go": goSource("render", "func f(zh bool) string {\nif zh {\nreturn \"没有发现\"\n}\nreturn \"nothing was found here\"\n}")}, ""},
			{"in a table", files{"internal/render/a.go": goSource("render", "var s = \"nothing was found here\""), "internal/knowledge/a.go": goSource("knowledge", "func t() map[string]string { return map[string]string{\"nothing was found here\": \"没有发现\"} }")}, ""},
			{"a line of a log", files{"internal/agent/a.go": goSource("agent", "func f() { log.Warn(\"nothing was found here\") }")}, ""},
			{"a name", files{"internal/render/a.go": goSource("render", "var s = \"TIME_WAIT net.ipv4.x\"")}, ""},
		},
		"exit codes": {
			{"not told", files{"internal/cli/exit.go": goSource("cli", "const (\nexitOK = 0\nexitOdd = 9\n)"), "docs/exit-codes.md": "| 0 | fine |\n"}, "exit.go:7: exit code 9 (exitOdd) has no row in docs/exit-codes.md"},
			{"not told, of both programs", files{"internal/problem/exit.go": goSource("problem", "const ExitOdd = 9"), "docs/exit-codes.md": "| 0 | fine |\n"}, "exit code 9 (ExitOdd) has no row"},
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

// try applies one rule to one tree.
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
