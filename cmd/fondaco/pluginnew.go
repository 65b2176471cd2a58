package main

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"text/template"

	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/plugins/example"
)

//go:embed newplugin/*.tmpl
var newPluginFiles embed.FS

// ownModule is this module's path.
const ownModule = "github.com/fondaco/fondaco"

type pluginNewCmd struct {
	Dir    string `arg:"" placeholder:"DIR" help:"Folder to make."`
	Name   string `placeholder:"NAME" help:"The plugin's name; the folder's when it is left out."`
	Module string `placeholder:"PATH" help:"The Go module's path; example.com/fondaco-plugin-NAME when it is left out."`
	Source string `name:"fondaco" type:"existingdir" placeholder:"DIR" help:"Build against this checkout of Fondaco instead of the version of this executable."`
}

// Help is the long help of `fondaco plugin new --help`.
func (pluginNewCmd) Help() string {
	return `It writes a Go module that works: a plugin that sells boxes in a file, with its tests. Build it with make build, test it with make test and make conformance, then exchange the file for your system.`
}

// newPlugin is what the templates are filled with.
type newPlugin struct{ Name, Module, Source string }

var pluginName = regexp.MustCompile(`^[a-z][a-z0-9-]{0,62}$`)

// Run writes the module.
func (c *pluginNewCmd) Run(std streams) error {
	p, err := c.plugin()
	if err != nil {
		return err
	}
	files, err := p.files()
	if err != nil {
		return err
	}
	if err := writeNew(c.Dir, files); err != nil {
		return err
	}
	_, err = fmt.Fprintf(std.out, "The plugin %s is in %s. Go on there with: make test\n", p.Name, c.Dir)
	return err
}

func (c *pluginNewCmd) plugin() (newPlugin, error) {
	p := newPlugin{Name: c.Name, Module: c.Module}
	if p.Name == "" {
		p.Name = strings.TrimPrefix(filepath.Base(c.Dir), "fondaco-plugin-")
	}
	if !pluginName.MatchString(p.Name) {
		return p, fault.InvalidField("--name", fmt.Sprintf("%q names no plugin: use lower-case letters, digits and dashes.", p.Name))
	}
	if p.Module == "" {
		p.Module = "example.com/fondaco-plugin-" + p.Name
	}
	if c.Source == "" {
		return p, nil
	}
	var err error
	p.Source, err = filepath.Abs(c.Source)
	return p, err
}

// files are the new module's, by name.
func (p newPlugin) files() (map[string][]byte, error) {
	files, err := p.module()
	if err != nil {
		return nil, err
	}
	for name, from := range map[string]string{"provider.go": "example.go", "usage.go": "usage.go"} {
		if files[name], err = p.code(from); err != nil {
			return nil, err
		}
	}
	err = fs.WalkDir(newPluginFiles, "newplugin", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		name := strings.TrimSuffix(entry.Name(), ".tmpl")
		if name == "gitignore" {
			name = ".gitignore"
		}
		files[name], err = p.fill(path)
		return err
	})
	return files, err
}

func (p newPlugin) fill(path string) ([]byte, error) {
	t, err := template.ParseFS(newPluginFiles, path)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = t.Execute(&out, p)
	return out.Bytes(), err
}

// code is a file of the example as part of the new plugin.
func (p newPlugin) code(name string) ([]byte, error) {
	raw, err := fs.ReadFile(example.Source(), name)
	if err != nil {
		return nil, err
	}
	_, body, found := strings.Cut(string(raw), "package example\n")
	if !found {
		return nil, fmt.Errorf("the example's %s is not of package example", name)
	}
	body = strings.Replace(body, `Name: "example"`, fmt.Sprintf("Name: %q", p.Name), 1)
	body = strings.Replace(body, `[]string{"box"}`, fmt.Sprintf("[]string{%q}", p.Name+"-box"), 1)
	return []byte("package main\n" + body), nil
}

// module writes go.mod. A checkout's own requirements are taken over with
// their checksums, so that the plugin builds without asking anybody; otherwise
// `go mod tidy` finds them.
func (p newPlugin) module() (map[string][]byte, error) {
	if p.Source == "" {
		version := build().Version
		if !strings.HasPrefix(version, "v") {
			return nil, fault.InvalidField("--fondaco", "This executable has no version to build against. Name a checkout of Fondaco.")
		}
		text := fmt.Sprintf("module %s\n\ngo %s\n\nrequire %s %s\n", p.Module, goVersion, ownModule, version)
		return map[string][]byte{"go.mod": []byte(text)}, nil
	}
	mod, err := os.ReadFile(filepath.Join(p.Source, "go.mod"))
	if err != nil {
		return nil, err
	}
	_, rest, found := strings.Cut(string(mod), "module "+ownModule+"\n")
	if !found {
		return nil, fault.InvalidField("--fondaco", p.Source+" is not a checkout of Fondaco.")
	}
	sums, err := os.ReadFile(filepath.Join(p.Source, "go.sum"))
	if err != nil {
		return nil, err
	}
	text := fmt.Sprintf("module %s\n%s\nrequire %s v0.0.0\n\nreplace %s => %s\n", p.Module, rest, ownModule, ownModule, p.Source)
	return map[string][]byte{"go.mod": []byte(text), "go.sum": sums}, nil
}

// goVersion is the language version that plugins need at least.
const goVersion = "1.26.0"

// writeNew writes files into a folder that must not hold any yet.
func writeNew(dir string, files map[string][]byte) error {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if len(entries) > 0 {
		return fault.InvalidField("DIR", dir+" is not empty.")
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil {
			return err
		}
	}
	return nil
}
