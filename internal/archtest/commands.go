// SPDX-License-Identifier: Apache-2.0

package archtest

import (
	"go/ast"
	"go/token"
	"regexp"
	"strconv"
)

// builder is the only package that may write commands, because it quotes names that
// others chose.
const builder = "internal/command"

// theCommand matches a command that the user is told to run. The rest of the same
// clause belongs to it.
const theCommand = `\b(?:tcpvitals (?:census|list|queues|ports|doctor|check|explain|snapshot|diff|tune|lab|completion)\b|nsenter -|ip netns |sysctl -w )[^;:,()]*`

var (
	formatted = regexp.MustCompile(theCommand + `%[^%\s]`)
	goesOn    = regexp.MustCompile(theCommand + `$`)
)

// checkCommands requires that internal/command builds every printed command: a command
// concatenated as text would run whatever a foreign name in it says. A constant text
// may name a command.
func checkCommands(t *Tree) (found []Violation) {
	for _, file := range t.Product() {
		layer, _ := layerOf(file.Dir)
		if file.Test || file.Dir == builder || layer == support {
			continue
		}
		ast.Inspect(file.AST, func(node ast.Node) bool {
			if !putTogether(node) {
				return true
			}
			found = append(found, t.at(node, "a command is put together as text: build it with command.Of, which quotes its words"))
			return false
		})
	}
	return found
}

// putTogether reports whether an expression concatenates or formats a command.
func putTogether(node ast.Node) bool {
	switch e := node.(type) {
	case *ast.BinaryExpr:
		return e.Op == token.ADD && addsTo(operands(e))
	case *ast.CallExpr:
		for _, arg := range e.Args {
			if text, ok := literal(arg); ok && formatted.MatchString(text) {
				return true
			}
		}
	}
	return false
}

// operands are the parts of a sum, from left to right.
func operands(e ast.Expr) []ast.Expr {
	if sum, ok := e.(*ast.BinaryExpr); ok && sum.Op == token.ADD {
		return append(operands(sum.X), operands(sum.Y)...)
	}
	return []ast.Expr{e}
}

// addsTo reports whether something other than a literal is appended to the text of a
// command.
func addsTo(parts []ast.Expr) bool {
	text := ""
	for _, part := range parts {
		more, ok := literal(part)
		if !ok && goesOn.MatchString(text) {
			return true
		}
		text += more
	}
	return false
}

func literal(e ast.Expr) (text string, ok bool) {
	lit, ok := e.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return "", false
	}
	text, err := strconv.Unquote(lit.Value)
	return text, err == nil
}
