package arch_test

import (
	"go/ast"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	maxFileLines     = 500
	maxFunctionLines = 80
)

func TestFiles_stayShort(t *testing.T) {
	t.Parallel()
	for _, f := range sources(t) {
		if !f.generated && f.lines > maxFileLines {
			t.Errorf("%s has %d lines: split it by noun; %d is the most", f.path, f.lines, maxFileLines)
		}
	}
}

func TestFunctions_stayShort(t *testing.T) {
	t.Parallel()
	for _, f := range product(t) {
		for _, decl := range f.ast.Decls {
			fn, ok := decl.(*ast.FuncDecl)
			if !ok {
				continue
			}
			lines := f.set.Position(fn.End()).Line - f.set.Position(fn.Pos()).Line + 1
			if lines > maxFunctionLines {
				t.Errorf("%s: %s has %d lines: split it by step; %d is the most", f.at(fn.Pos()), fn.Name.Name, lines, maxFunctionLines)
			}
		}
	}
}

func TestFunctions_noInit(t *testing.T) {
	t.Parallel()
	for _, f := range product(t) {
		for _, decl := range f.ast.Decls {
			if fn, ok := decl.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
				t.Errorf("%s: func init runs behind everybody's back: do it in a constructor", f.at(fn.Pos()))
			}
		}
	}
}

func TestPackages_areNamedByTheirNoun(t *testing.T) {
	t.Parallel()
	for _, f := range sources(t) {
		switch strings.TrimSuffix(f.ast.Name.Name, "_test") {
		case "util", "utils", "helper", "helpers", "common", "misc", "shared", "base", "lib":
			t.Errorf("%s: package %s says nothing of what is in it", f.path, f.ast.Name.Name)
		}
	}
}

func TestPackages_sayWhatTheyAre(t *testing.T) {
	t.Parallel()
	said := map[string]bool{}
	for _, f := range sources(t) {
		if !strings.HasSuffix(f.path, "_test.go") {
			said[f.dir] = said[f.dir] || f.ast.Doc.Text() != ""
		}
	}
	for dir, ok := range said {
		if _, err := os.Stat(filepath.Join("..", "..", dir, "README.md")); !ok && err != nil {
			t.Errorf("%s has neither a package comment nor a README.md", dir)
		}
	}
}

func TestTime_comesFromTheClock(t *testing.T) {
	t.Parallel()
	seen := 0
	for _, f := range product(t) {
		name := importName(f, "time")
		if name == "" {
			continue
		}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			sel, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			pkg, ok := sel.X.(*ast.Ident)
			if !ok || pkg.Name != name || (sel.Sel.Name != "Now" && sel.Sel.Name != "Since" && sel.Sel.Name != "Until") {
				return true
			}
			seen++
			if !allowedTime(f.path) {
				t.Errorf("%s: time.%s: time enters through core/clock, or a sandbox clock could not move it", f.at(sel.Pos()), sel.Sel.Name)
			}
			return true
		})
	}
	require.Positive(t, seen, "core/clock itself was not found")
}

// importName is the name by which the file knows the package, "" when it does
// not import it.
func importName(f file, path string) string {
	for _, spec := range f.ast.Imports {
		if spec.Path.Value != `"`+path+`"` {
			continue
		}
		if spec.Name != nil {
			return spec.Name.Name
		}
		return path[strings.LastIndex(path, "/")+1:]
	}
	return ""
}

func TestExported_namesAreDocumented(t *testing.T) {
	t.Parallel()
	for _, f := range product(t) {
		for _, decl := range f.ast.Decls {
			switch d := decl.(type) {
			case *ast.FuncDecl:
				if d.Name.IsExported() && d.Doc.Text() == "" && receiverExported(d) {
					t.Errorf("%s: %s has no comment", f.at(d.Pos()), d.Name.Name)
				}
			case *ast.GenDecl:
				checkDocumented(t, f, d)
			}
		}
	}
}

func receiverExported(d *ast.FuncDecl) bool {
	if d.Recv == nil || len(d.Recv.List) == 0 {
		return true
	}
	typ := d.Recv.List[0].Type
	for {
		switch x := typ.(type) {
		case *ast.StarExpr:
			typ = x.X
		case *ast.IndexExpr:
			typ = x.X
		case *ast.IndexListExpr:
			typ = x.X
		case *ast.Ident:
			return x.IsExported()
		default:
			return true
		}
	}
}

// checkDocumented takes a comment above a group for all of the group.
func checkDocumented(t *testing.T, f file, d *ast.GenDecl) {
	t.Helper()
	if d.Tok == token.IMPORT {
		return
	}
	for _, spec := range d.Specs {
		switch s := spec.(type) {
		case *ast.TypeSpec:
			if s.Name.IsExported() && d.Doc.Text() == "" && s.Doc.Text() == "" && s.Comment.Text() == "" {
				t.Errorf("%s: %s has no comment", f.at(s.Pos()), s.Name.Name)
			}
		case *ast.ValueSpec:
			for _, name := range s.Names {
				if name.IsExported() && d.Doc.Text() == "" && s.Doc.Text() == "" && s.Comment.Text() == "" {
					t.Errorf("%s: %s has no comment", f.at(s.Pos()), name.Name)
				}
			}
		}
	}
}
