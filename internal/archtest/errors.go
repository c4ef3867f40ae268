// SPDX-License-Identifier: Apache-2.0

package archtest

import (
	"go/ast"
	"regexp"
	"slices"
	"strings"
)

// silent are packages whose errors no user reads: those for tests and builds.
var silent = []string{
	"internal/archtest", "internal/bench", "internal/docgen", "internal/guest", "internal/park", "internal/shipped", "internal/site", "internal/testnet",
	"internal/testsum", "internal/lab/labtest",
}

// checkErrors requires that every error is worded in both languages: by problem.New,
// by problem.Errorf, or by a type of internal/problem with its Chinese. errors.New and
// fmt.Errorf may contain no sentence, only what both languages share, such as a name
// in front of a wrapped error.
func checkErrors(t *Tree) (found []Violation) {
	for _, file := range t.Product() {
		if file.Test || slices.Contains(silent, file.Dir) {
			continue
		}
		ast.Inspect(file.AST, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CallExpr:
				if msg := oneLanguage(n); msg != "" {
					found = append(found, t.at(n, "%s", msg))
				}
			case *ast.CompositeLit:
				for _, msg := range halfSaid(n) {
					found = append(found, t.at(n, "%s", msg))
				}
			}
			return true
		})
	}
	return found
}

// oneLanguage says what is wrong with a call that makes an error, "" if nothing is.
func oneLanguage(call *ast.CallExpr) string {
	if len(call.Args) == 0 {
		return ""
	}
	en := text(call.Args[0])
	switch name := selector(call.Fun); name {
	case "errors.New", "fmt.Errorf":
		if sentence(en) {
			return "this sentence is in one language: use problem." + strings.TrimPrefix(strings.TrimPrefix(name, "errors."), "fmt.")
		}
	case "problem.New", "problem.Errorf", "New", "Errorf":
		return oneInTwo(en, call.Args[1:])
	}
	return ""
}

// oneInTwo compares an English sentence with its Chinese counterpart.
func oneInTwo(en string, rest []ast.Expr) string {
	if en == "" || len(rest) == 0 {
		return ""
	}
	zh := text(rest[0])
	switch {
	case zh == "":
		return ""
	case sentence(en) && !strings.ContainsFunc(zh, foreign):
		return "the second text is not Chinese"
	case !slices.Equal(verbs(en), verbs(zh)):
		return "the two texts do not take the same arguments"
	}
	return ""
}

// foreign is a rough test for Chinese text. The punctuation above 0x2000, such as an
// ellipsis, is taken for Chinese, too.
func foreign(r rune) bool { return r > 0x2000 }

var (
	verb    = regexp.MustCompile(`%[-+# 0]*(\[\d+\])?[\d.]*([a-zA-Z])`)
	english = regexp.MustCompile(`[A-Za-z']{2,}`)
	// ofName matches names of things, which are the same in both languages.
	ofName = regexp.MustCompile(`\w*[_/.]\w*|[A-Z]{2,}\w*|(?:bpf|netns|procfs|sysctl|sock_diag|tracer|tracepoint|hashwalk|sampler|snapshot|watch)\b`)
)

// sentence reports whether a text needs a translation: it has two or more words that
// are not names.
func sentence(format string) bool {
	plain := ofName.ReplaceAllString(verb.ReplaceAllString(format, " "), " ")
	return len(english.FindAllString(plain, 2)) > 1
}

// verbs are the verbs of a format, by the argument that each formats.
func verbs(format string) (found []string) {
	next := 1
	for _, m := range verb.FindAllStringSubmatch(strings.ReplaceAll(format, "%%", ""), -1) {
		at := strings.Trim(m[1], "[]")
		if at == "" {
			at = string(rune('0' + next))
		}
		next++
		found = append(found, at+m[2])
	}
	slices.Sort(found)
	return found
}

// halfSaid names the parts of an error's literal that have no Chinese.
func halfSaid(literal *ast.CompositeLit) (wrong []string) {
	kind, ofProblem := strings.CutPrefix(selector(literal.Type), "problem.")
	if !ofProblem || !strings.HasSuffix(kind, "Error") {
		return nil
	}
	has := map[string]ast.Expr{}
	for _, e := range literal.Elts {
		if pair, ok := e.(*ast.KeyValueExpr); ok {
			has[pair.Key.(*ast.Ident).Name] = pair.Value
		}
	}
	for _, pair := range [][2]string{{"Msg", "Zh"}, {"Reason", "Zh"}, {"Op", "OpZh"}, {"Hint", "HintZh"}} {
		en, zh := has[pair[0]], has[pair[1]]
		if en != nil && zh == nil && says(en) {
			wrong = append(wrong, pair[0]+" is said in English alone: there is no "+pair[1])
		}
	}
	return wrong
}

// says reports whether an expression contains a sentence.
func says(e ast.Expr) (found bool) {
	ast.Inspect(e, func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok && sentence(text(lit)) {
			found = true
		}
		return !found
	})
	return found
}
