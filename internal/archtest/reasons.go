// SPDX-License-Identifier: Apache-2.0

package archtest

import (
	"go/ast"
	"go/token"
	"path"
	"regexp"
	"strconv"
	"strings"
	"unicode"
)

// codes is the file with the codes of gaps. sentences is the directory with their
// sentences, in files whose names begin with "reason".
const (
	codes     = "internal/problem/code.go"
	sentences = "internal/knowledge"
)

// blankNumber matches a blank in a sentence: {1}, {1:is|are} or [1:text].
var blankNumber = regexp.MustCompile(`[{\[]([1-9])[}:]`)

// checkReasons requires that every code of a gap has a sentence in both languages,
// that the sentence's blanks are filled, and that no gap contains a sentence of its
// own.
func checkReasons(t *Tree) (found []Violation) {
	blanks, found := t.sentences()
	values := map[string]bool{}
	t.codes(func(name *ast.Ident, value string) {
		if _, ok := blanks[name.Name]; !ok {
			found = append(found, t.at(name, "%s has no sentence in %s", name.Name, sentences))
		}
		if values[value] {
			found = append(found, t.at(name, "%s is called as another code", name.Name))
		}
		values[value] = true
	})
	for _, file := range t.Product() {
		if file.Test {
			continue
		}
		ast.Inspect(file.AST, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CallExpr:
				found = append(found, t.filled(n, blanks)...)
			case *ast.CompositeLit:
				if n.Type != nil && selector(n.Type) == "problem.Gap" && saysReason(n) {
					found = append(found, t.at(n, "a reason is a code: add one to %s, and its sentence to %s", codes, sentences))
				}
			}
			return true
		})
	}
	return found
}

// codes calls visit for each constant in the file of codes.
func (t *Tree) codes(visit func(name *ast.Ident, value string)) {
	for _, file := range t.Go {
		if file.Name != codes {
			continue
		}
		ast.Inspect(file.AST, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if ok && len(spec.Values) == 1 {
				visit(spec.Names[0], text(spec.Values[0]))
			}
			return true
		})
	}
}

// sentences returns the number of blanks in the sentence of each code.
func (t *Tree) sentences() (blanks map[string]int, found []Violation) {
	blanks = map[string]int{}
	for _, file := range t.Go {
		if file.Test || file.Dir != sentences || !strings.HasPrefix(path.Base(file.Name), "reason") {
			continue
		}
		ast.Inspect(file.AST, func(n ast.Node) bool {
			pair, ok := n.(*ast.KeyValueExpr)
			if !ok {
				return true
			}
			code, ofProblem := strings.CutPrefix(selector(pair.Key), "problem.")
			words, ok := pair.Value.(*ast.CompositeLit)
			if !ofProblem || !ok || len(words.Elts) != 2 {
				return true
			}
			en, zh := text(element(words.Elts[0])), text(element(words.Elts[1]))
			if en == "" || chinese(en) || !chinese(zh) {
				found = append(found, t.at(pair, "the sentence of %s is not in both languages", code))
			}
			for _, m := range blankNumber.FindAllStringSubmatch(en+zh, -1) {
				n, _ := strconv.Atoi(m[1])
				blanks[code] = max(blanks[code], n)
			}
			blanks[code] += 0
			return true
		})
	}
	return blanks, found
}

// filled compares the number of arguments in a call of problem.Unread with the number
// of blanks in the sentence.
func (t *Tree) filled(call *ast.CallExpr, blanks map[string]int) []Violation {
	if selector(call.Fun) != "problem.Unread" || len(call.Args) < 2 || call.Ellipsis.IsValid() {
		return nil
	}
	code, ok := strings.CutPrefix(selector(call.Args[1]), "problem.")
	want, known := blanks[code]
	got := len(call.Args) - 2
	if !ok || !known || want == got {
		return nil
	}
	return []Violation{t.at(call, "the sentence of %s has %d blanks, and %d argument%s given", code, want, got, map[bool]string{true: " is", false: "s are"}[got == 1])}
}

// saysReason reports whether a gap has a reason in its own words.
func saysReason(gap *ast.CompositeLit) bool {
	for _, e := range gap.Elts {
		pair, ok := e.(*ast.KeyValueExpr)
		if !ok {
			continue
		}
		if key, ok := pair.Key.(*ast.Ident); !ok || key.Name != "Reason" {
			continue
		}
		words := false
		ast.Inspect(pair.Value, func(n ast.Node) bool {
			lit, ok := n.(*ast.BasicLit)
			words = words || ok && lit.Kind == token.STRING
			return true
		})
		return words
	}
	return false
}

// readers are the packages that read the machine and do not word what they find; other
// packages do. internal/listing is not among them, because it matches words of many
// languages in foreign texts; [checkReasons] covers its gaps.
var readers = []string{"internal/kernel", "internal/engine", "internal/collect", "internal/owner", "internal/snapshot", "internal/sampler", "internal/trace"}

// speakers are exceptions: files of readers with text in two languages, each with the
// reason.
var speakers = map[string]string{
	"internal/collect/window.go":     "what is wrong with the two ends of a window, which is an error",
	"internal/engine/plan.go":        "what an engine cannot answer, which is an error",
	"internal/kernel/netns/scope.go": "what is wrong with --netns, which is an error",
}

// checkReaders keeps sentences out of readers. It takes a Chinese text beside an
// English one as the sign of a sentence.
func checkReaders(t *Tree) (found []Violation) {
	for _, file := range t.Product() {
		if file.Test || speakers[file.Name] != "" || !belowAny(file.Dir, readers) {
			continue
		}
		ast.Inspect(file.AST, func(n ast.Node) bool {
			if bringsWords(n) {
				return false
			}
			if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING && chinese(text(lit)) {
				found = append(found, t.at(lit, "a reader speaks no language: it returns a code, and internal/knowledge has the words"))
			}
			return true
		})
	}
	return found
}

// bringsWords reports whether a node makes an error or is part of one: errors have
// their words in both languages.
func bringsWords(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.FuncDecl: // the Chinese method of an error
		return strings.HasSuffix(n.Name.Name, "Chinese")
	case *ast.CallExpr:
		name := selector(n.Fun)
		return name == "problem.New" || name == "problem.Errorf"
	case *ast.CompositeLit:
		name := selector(n.Type)
		return strings.HasPrefix(name, "problem.") && strings.HasSuffix(name, "Error")
	case *ast.AssignStmt:
		to, ok := n.Lhs[0].(*ast.SelectorExpr)
		return ok && strings.HasSuffix(to.Sel.Name, "Zh")
	default:
		return false
	}
}

func belowAny(dir string, tops []string) bool {
	for _, top := range tops {
		if within(dir, top) {
			return true
		}
	}
	return false
}

func chinese(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Han, r) })
}

// text returns the value of a string literal, "" for anything else.
func text(e ast.Expr) string {
	lit, ok := e.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return ""
	}
	s, _ := strconv.Unquote(lit.Value)
	return s
}

// element returns the value of an element of a literal, with or without a key.
func element(e ast.Expr) ast.Expr {
	if pair, ok := e.(*ast.KeyValueExpr); ok {
		return pair.Value
	}
	return e
}
