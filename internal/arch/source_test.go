package arch_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const module = "github.com/fondaco/fondaco/"

// file is one parsed Go file of the module.
type file struct {
	path      string // "core/order/service.go"
	dir       string // "core/order"
	lines     int
	generated bool
	test      bool // _test.go, or a package that only tests import
	set       *token.FileSet
	ast       *ast.File
}

// imports lists what the file imports.
func (f file) imports() []string {
	var paths []string
	for _, spec := range f.ast.Imports {
		p, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			panic(err) // the parser took it
		}
		paths = append(paths, p)
	}
	return paths
}

// at names a place for a person.
func (f file) at(pos token.Pos) string {
	return f.path + ":" + strconv.Itoa(f.set.Position(pos).Line)
}

// sources parses every Go file of the module.
func sources(t *testing.T) []file {
	t.Helper()
	root, err := filepath.Abs(filepath.Join("..", ".."))
	require.NoError(t, err)
	require.FileExists(t, filepath.Join(root, "go.mod"))
	var files []file
	err = filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		base := entry.Name()
		if entry.IsDir() {
			if name != root && (strings.HasPrefix(base, ".") || base == "node_modules" || base == "testdata") {
				return filepath.SkipDir
			}
			return nil
		}
		if filepath.Ext(base) != ".go" {
			return nil
		}
		relative, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		f, err := parse(name, filepath.ToSlash(relative))
		files = append(files, f)
		return err
	})
	require.NoError(t, err)
	require.Greater(t, len(files), 100, "the rules were tried on hardly any file")
	return files
}

func parse(name, relative string) (file, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return file{}, err
	}
	set := token.NewFileSet()
	tree, err := parser.ParseFile(set, relative, text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return file{}, err
	}
	f := file{path: relative, dir: path.Dir(relative), lines: strings.Count(string(text), "\n"), set: set, ast: tree, generated: ast.IsGenerated(tree)}
	f.test = strings.HasSuffix(relative, "_test.go") || testOnly(f.dir)
	return f, nil
}

// product leaves out tests and generated code.
func product(t *testing.T) []file {
	t.Helper()
	var files []file
	for _, f := range sources(t) {
		if !f.test && !f.generated {
			files = append(files, f)
		}
	}
	return files
}
