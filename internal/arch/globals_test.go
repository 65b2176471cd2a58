package arch_test

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestGlobals_nothingChangesBehindOnesBack allows a package-level var only
// where it holds something that is never changed: a compiled pattern, a
// sentinel error, embedded files, a parsed template, a table, an interface
// check, or a sync.Once value. Whether a table is written to is looked for in
// its package, too.
func TestGlobals_nothingChangesBehindOnesBack(t *testing.T) {
	t.Parallel()
	tables := map[string]map[string]bool{} // by folder
	all := product(t)
	for _, f := range all {
		for _, decl := range f.ast.Decls {
			d, ok := decl.(*ast.GenDecl)
			if !ok || d.Tok != token.VAR {
				continue
			}
			for _, spec := range d.Specs {
				s := spec.(*ast.ValueSpec)
				if !constant(s) && !embedded(d.Doc) && !embedded(s.Doc) && !allowedGlobal(f.path, s.Names[0].Name) {
					t.Errorf("%s: var %s: hand it in instead of keeping it in the package", f.at(s.Pos()), s.Names[0].Name)
				}
				if tables[f.dir] == nil {
					tables[f.dir] = map[string]bool{}
				}
				for _, name := range s.Names {
					tables[f.dir][name.Name] = true
				}
			}
		}
	}
	require.NotEmpty(t, tables)
	for _, f := range all {
		checkNotWritten(t, f, tables[f.dir])
	}
}

// embedded reports whether the compiler fills the var with a file.
func embedded(comment *ast.CommentGroup) bool {
	return comment != nil && slices.ContainsFunc(comment.List, func(c *ast.Comment) bool { return strings.HasPrefix(c.Text, "//go:embed ") })
}

// constant reports whether a var's declared value is of a kind that is not
// changed later.
func constant(s *ast.ValueSpec) bool {
	if s.Names[0].Name == "_" {
		return true
	}
	if sel, ok := s.Type.(*ast.SelectorExpr); ok && types.ExprString(sel) == "embed.FS" {
		return true
	}
	if len(s.Values) != len(s.Names) {
		return false
	}
	for _, value := range s.Values {
		if !constantValue(value) {
			return false
		}
	}
	return true
}

func constantValue(value ast.Expr) bool {
	switch v := value.(type) {
	case *ast.CompositeLit: // a table
		return true
	case *ast.UnaryExpr:
		return constantValue(v.X)
	case *ast.BasicLit, *ast.FuncLit:
		return true
	case *ast.SelectorExpr, *ast.Ident: // another package's constant value
		return true
	case *ast.CallExpr:
		return constantCall(types.ExprString(v.Fun))
	}
	return false
}

// constantCall names the calls that make something immutable.
func constantCall(name string) bool {
	switch name {
	case "regexp.MustCompile", "errors.New", "fmt.Errorf", "sync.OnceValue", "sync.OnceValues", "sync.OnceFunc",
		"template.Must", "strings.NewReplacer", "big.NewInt", "language.MustParse", "language.NewMatcher",
		"time.Date", "reflect.TypeFor", "fault.New", "fault.Newf", "netip.MustParsePrefix", "netip.MustParseAddr", "slices.Concat", "rune", "[]byte",
		"template.HTML", "money.MustParse", "apd.New", "strings.Repeat":
		return true
	}
	return false
}

// checkNotWritten looks for assignments to the package's own vars.
func checkNotWritten(t *testing.T, f file, globals map[string]bool) {
	t.Helper()
	for _, decl := range f.ast.Decls {
		fn, ok := decl.(*ast.FuncDecl)
		if !ok || fn.Body == nil {
			continue
		}
		local := locals(fn)
		ast.Inspect(fn.Body, func(n ast.Node) bool {
			assign, ok := n.(*ast.AssignStmt)
			if !ok || assign.Tok == token.DEFINE {
				return true
			}
			for _, left := range assign.Lhs {
				if name := root(left); name != "_" && globals[name] && !local[name] {
					t.Errorf("%s: the package's var %s is changed", f.at(assign.Pos()), name)
				}
			}
			return true
		})
	}
}

// root is the variable under x[i].f.
func root(e ast.Expr) string {
	for {
		switch x := e.(type) {
		case *ast.IndexExpr:
			e = x.X
		case *ast.SelectorExpr:
			e = x.X
		case *ast.StarExpr:
			e = x.X
		case *ast.ParenExpr:
			e = x.X
		case *ast.Ident:
			return x.Name
		default:
			return ""
		}
	}
}

// locals are the names that a function defines itself, arguments included.
func locals(fn *ast.FuncDecl) map[string]bool {
	names := map[string]bool{}
	ast.Inspect(fn, func(n ast.Node) bool {
		switch x := n.(type) {
		case *ast.Field:
			for _, name := range x.Names {
				names[name.Name] = true
			}
		case *ast.AssignStmt:
			if x.Tok == token.DEFINE {
				for _, left := range x.Lhs {
					names[root(left)] = true
				}
			}
		case *ast.ValueSpec:
			for _, name := range x.Names {
				names[name.Name] = true
			}
		case *ast.RangeStmt:
			if x.Key != nil {
				names[root(x.Key)] = true
			}
			if x.Value != nil {
				names[root(x.Value)] = true
			}
		}
		return true
	})
	return names
}
