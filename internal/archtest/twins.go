// SPDX-License-Identifier: Apache-2.0

package archtest

import (
	"go/ast"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// checkTwins requires that a sentence which the program may show has its Chinese beside
// it: in the same call or literal, in the same function, in the method that says the same
// in Chinese, or in a table that has both.
func checkTwins(t *Tree) (found []Violation) {
	files := slices.DeleteFunc(t.Product(), func(f *GoFile) bool { return f.Test || slices.Contains(silent, f.Dir) })
	s := &twins{known: map[string]bool{}, bilingual: map[string]bool{}}
	for _, file := range files {
		s.read(file)
	}
	for _, file := range files {
		if unspoken(file) {
			continue
		}
		s.alone(file, func(literal *ast.BasicLit, text string) {
			if !s.known[strings.TrimSpace(text)] && !oneTongue(file.Name, text) {
				found = append(found, t.at(literal, "no Chinese says %.60q", text))
			}
		})
	}
	return found
}

// twins is what is known of all files before a single one is judged.
type twins struct {
	known     map[string]bool // English texts that stand beside a Chinese one somewhere
	bilingual map[string]bool // "directory type" of types with a method Chinese
}

// read notes the texts of a file that have a twin, and its types that speak Chinese.
func (s *twins) read(file *GoFile) {
	ast.Inspect(file.AST, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			if strings.HasSuffix(n.Name.Name, "Chinese") {
				s.bilingual[file.Dir+" "+receiver(n)] = true
			}
		case *ast.KeyValueExpr, *ast.CallExpr, *ast.CompositeLit:
			if n, ok := n.(*ast.CompositeLit); ok && len(n.Elts) != 2 {
				return true
			}
			if !chineseIn(n) {
				return true
			}
			for text := range literalsIn(n) {
				s.known[strings.TrimSpace(text)] = true
			}
		}
		return true
	})
}

// alone calls tell for each sentence of a file that has nothing Chinese near it.
func (s *twins) alone(file *GoFile, tell func(*ast.BasicLit, string)) {
	var above []ast.Node
	ast.Inspect(file.AST, func(n ast.Node) bool {
		if n == nil {
			above = above[:len(above)-1]
			return true
		}
		above = append(above, n)
		literal, ok := n.(*ast.BasicLit)
		if !ok || literal.Kind != token.STRING {
			return true
		}
		text, _ := strconv.Unquote(literal.Value)
		if spoken(text) && !slices.ContainsFunc(above, func(n ast.Node) bool { return s.accompanied(file.Dir, n) }) {
			tell(literal, text)
		}
		return true
	})
}

// accompanied reports whether what stands below a node is said in Chinese too, or to
// nobody.
func (s *twins) accompanied(dir string, n ast.Node) bool {
	switch n := n.(type) {
	case *ast.ImportSpec, *ast.Field:
		return true
	case *ast.FuncDecl:
		return n.Recv != nil && s.bilingual[dir+" "+receiver(n)] || chineseIn(n.Body)
	case *ast.KeyValueExpr:
		id, ok := n.Key.(*ast.Ident) // of a command: internal/cli tests that help.zh.txt has each
		return ok && dir == "internal/cli" && slices.Contains([]string{"Short", "Long", "Example", "Use"}, id.Name)
	case *ast.CompositeLit:
		return chineseIn(n)
	case *ast.CallExpr:
		return chineseIn(n) || notShown(n)
	}
	return false
}

// notShown reports a call whose texts are no sentences for a user in two languages: lines
// of a log, which programs search, patterns, flags, which have a test of their own, and
// what only a mistake of ours shows.
func notShown(call *ast.CallExpr) bool {
	name := ""
	switch f := call.Fun.(type) {
	case *ast.SelectorExpr:
		name = f.Sel.Name
	case *ast.Ident:
		name = f.Name
	}
	switch name {
	case "Info", "Warn", "Error", "Debug", "MustCompile", "panic", "HasPrefix", "HasSuffix", "Contains", "Cut", "CutPrefix", "CutSuffix", "TrimPrefix", "TrimSuffix", "Index", "ReplaceAll", "NewReplacer":
		return true
	}
	return strings.HasSuffix(name, "Var") || strings.HasSuffix(name, "VarP")
}

// spoken reports a text of several words that is not Chinese.
func spoken(text string) bool {
	return strings.Contains(strings.TrimSpace(text), " ") && sentence(text) && !strings.ContainsFunc(text, isHan)
}

func isHan(r rune) bool { return unicode.Is(unicode.Han, r) }

// chineseIn reports whether a Chinese text stands below a node.
func chineseIn(n ast.Node) bool {
	for text := range literalsIn(n) {
		if strings.ContainsFunc(text, isHan) {
			return true
		}
	}
	return false
}

// literalsIn are the texts below a node.
func literalsIn(n ast.Node) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		more := true
		ast.Inspect(n, func(n ast.Node) bool {
			if literal, ok := n.(*ast.BasicLit); more && ok && literal.Kind == token.STRING {
				text, _ := strconv.Unquote(literal.Value)
				more = yield(text)
			}
			return more
		})
	}
}

// receiver is the type that a method belongs to, "" of a function.
func receiver(f *ast.FuncDecl) string {
	if f.Recv == nil || len(f.Recv.List) == 0 {
		return ""
	}
	of := f.Recv.List[0].Type
	if star, ok := of.(*ast.StarExpr); ok {
		of = star.X
	}
	if id, ok := of.(*ast.Ident); ok {
		return id.Name
	}
	return ""
}

// speaking are the packages whose texts are shown as they stand. Others hand codes and
// names to these, which have the words: reasons, terms, subjects of gaps. What readers of
// the kernel say stays as the kernel has it.
var speaking = []string{
	"internal/cli", "internal/render", "internal/watch", "internal/agent", "internal/kill", "internal/tune", "internal/report", "internal/explain", "internal/diagnose", "internal/lab",
}

// unspoken reports files whose texts are not shown as they stand.
func unspoken(file *GoFile) bool {
	return !slices.ContainsFunc(speaking, func(dir string) bool { return within(file.Dir, dir) })
}

// oneTongue tells why a text stays as it is in every language: its file, or its file and
// how it begins.
func oneTongue(name, text string) bool {
	for _, e := range []struct{ file, begins, why string }{
		{"internal/agent/history.go", "sum by (", "an expression in PromQL"},
		{"internal/agent/main.go", "(built from source)", "a version"},
		{"internal/cli/env.go", "(built from source)", "a version"},
		{"internal/agent/reader.go", "state listen or", "a filter"},
		{"internal/agent/serve.go", "", "answers over HTTP are for programs"},
		{"internal/agent/server.go", "", "answers over HTTP are for programs"},
		{"internal/agent/stream.go", "event: ", "the form of server-sent events"},
		{"internal/cli/completion.go", "", "words beside completions stand in columns that a shell counts in bytes"},
		{"internal/cli/explain_words.go", "all\teverything", "as those of completion.go"},
		{"internal/cli/exit.go", "ended with exit code", "never shown: the other process has told"},
		{"internal/cli/kill.go", "refused: ", "Unwrap has it in both languages"},
		{"internal/cli/root.go", "tcpvitals tells", "help, which has a test of its own"},
		{"internal/cli/snapshot.go", "en or zh", "help, which has a test of its own"},
		{"internal/cli/trace_beside.go", "trace this long", "help, which has a test of its own"},
		{"internal/cli/tune_audit.go", "this host", "a subject, which is never shown"},
		{"internal/diagnose/lp01.go", " and sport", "a filter"},
		{"internal/diagnose/measure.go", " of the threshold", "the name of a measure in documents"},
		{"internal/kill/ancestors.go", "exclude listen", "a filter"},
		{"internal/kill/ancestors.go", "the parent of", "a subject, which is never shown"},
		{"internal/kill/kill.go", "network namespace ", "a subject; internal/knowledge has its words"},
		{"internal/lab/scenario/load.go", "title, title.zh", "names of headers"},
		{"internal/lab/script/do_linux.go", "Recv-Q ", "names of columns"},
		{"internal/render/canvas.go", "", "only a mistake of ours shows it"},
		{"internal/render/doctor_html.go", "", "marks of HTML"},
		{"internal/render/ladder_svg.go", "", "marks of SVG"},
		{"internal/render/rows_table.go", "fifteen letters", "a width"},
		{"internal/tune/change/guard.go", "systemd-run: ", "a name before what it says"},
		{"internal/tune/change/persist.go", "# Written by", "a file that programs read too"},
		{"internal/tune/change/state.go", "", "names of states, whose words stand below them"},
		{"internal/tune/change/verify.go", "", "names of verdicts; internal/cli/tune_words.go has the words"},
		{"internal/tune/change/status.go", "network namespace ", "a subject; internal/knowledge has its words"},
		{"internal/tune/plan/parse.go", "finding, measure", "names of keys"},
	} {
		if e.file == name && strings.HasPrefix(text, e.begins) {
			return true
		}
	}
	return false
}
