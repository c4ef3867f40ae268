// SPDX-License-Identifier: Apache-2.0

package archtest

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
)

// Module is the path of the product's module.
const Module = "github.com/tcpvitals/tcpvitals"

// A Tree is a checked-out source tree, read once.
type Tree struct {
	fsys  fs.FS
	fset  *token.FileSet
	Names []string // paths of all files, with slashes
	Go    []*GoFile
}

// A GoFile is one parsed Go file.
type GoFile struct {
	Name string // path within the tree
	Dir  string // its directory, which is the package (ignoring the suffix _test)
	Test bool
	Src  string
	AST  *ast.File
}

// A Violation says where a rule is broken and how.
type Violation struct {
	File string
	Line int // 0 for the whole file
	Msg  string
}

func (v Violation) String() string {
	if v.Line == 0 {
		return v.File + ": " + v.Msg
	}
	return fmt.Sprintf("%s:%d: %s", v.File, v.Line, v.Msg)
}

// Load reads a tree, except what is built or downloaded (.git, bin, dist).
func Load(fsys fs.FS) (*Tree, error) {
	t := &Tree{fsys: fsys, fset: token.NewFileSet()}
	err := fs.WalkDir(fsys, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && slices.Contains([]string{".git", "bin", "dist"}, name):
			return fs.SkipDir
		case !entry.Type().IsRegular() || name == ".git": // .git is a file in a linked working tree of git
			return nil
		}
		t.Names = append(t.Names, name)
		if path.Ext(name) == ".go" && !strings.Contains(name, "testdata/") {
			return t.parse(name)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read tree: %w", err)
	}
	return t, nil
}

func (t *Tree) parse(name string) error {
	src, err := fs.ReadFile(t.fsys, name)
	if err != nil {
		return err
	}
	file, err := parser.ParseFile(t.fset, name, src, parser.ParseComments)
	if err != nil {
		return err
	}
	t.Go = append(t.Go, &GoFile{
		Name: name, Dir: path.Dir(name), Test: strings.HasSuffix(name, "_test.go"), Src: string(src), AST: file,
	})
	return nil
}

// Text returns a file's content, "" if there is no such file.
func (t *Tree) Text(name string) string {
	text, err := fs.ReadFile(t.fsys, name)
	if err != nil {
		return ""
	}
	return string(text)
}

// Product returns the Go files of the product's module; tools is another module.
func (t *Tree) Product() []*GoFile {
	return slices.DeleteFunc(slices.Clone(t.Go), func(f *GoFile) bool { return strings.HasPrefix(f.Name, "tools/") })
}

// at makes a violation at the position of a node.
func (t *Tree) at(node ast.Node, format string, args ...any) Violation {
	pos := t.fset.Position(node.Pos())
	return Violation{File: pos.Filename, Line: pos.Line, Msg: fmt.Sprintf(format, args...)}
}

// imported returns the import path of an import spec, unquoted.
func imported(spec *ast.ImportSpec) string {
	name, err := strconv.Unquote(spec.Path.Value)
	if err != nil {
		return spec.Path.Value // impossible: the parser accepts only quoted paths
	}
	return name
}

// within reports whether a package is dir or below it.
func within(pkg, dir string) bool { return pkg == dir || strings.HasPrefix(pkg, dir+"/") }
