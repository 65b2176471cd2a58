package api

import (
	"bytes"
	_ "embed" // the page's template
	"encoding/json"
	"fmt"
	"html/template"
	"maps"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/web/problem"
)

//go:embed docs.html
var docsTemplate string

// docsPage is the documentation as the template wants it: made of the OpenAPI
// document, so that both say the same.
type docsPage struct {
	Title, Version, Base string
	Intro                []template.HTML
	Groups               []docsGroup
	Problems             []docsProblem
	ProblemFields        []docsField
}

type docsGroup struct {
	Name, Description string
	Operations        []docsOperation
}

type docsOperation struct {
	ID, Method, Path, Summary, Description string
	Public                                 bool
	Parameters, Body, Answer               []docsField
	Example, Curl                          string
	BodyDoc                                string
	Status, AnswerType                     string
}

type docsField struct {
	Name, In, Type, Doc, Example string
	Required                     bool
	Enum                         []string
}

type docsProblem struct {
	Code   fault.Code
	Status int
	Title  string
}

// renderDocs makes the page, which loads nothing from anywhere.
func renderDocs(doc *huma.OpenAPI) ([]byte, error) {
	t, err := template.New("docs").Parse(docsTemplate)
	if err != nil {
		return nil, fmt.Errorf("docs: %w", err)
	}
	b := docsBuilder{schemas: doc.Components.Schemas}
	p := docsPage{Title: doc.Info.Title, Version: doc.Info.Version, Base: Prefix, Intro: paragraphs(doc.Info.Description)}
	for _, tag := range doc.Tags {
		p.Groups = append(p.Groups, docsGroup{Name: tag.Name, Description: tag.Description, Operations: b.operations(doc, tag.Name)})
	}
	for _, code := range problem.Codes {
		p.Problems = append(p.Problems, docsProblem{Code: code, Status: problem.Status(code), Title: problem.Title(code)})
	}
	p.ProblemFields = b.fields(doc.Components.Responses["Problem"].Content[problem.ContentType].Schema, "", nil)
	var out bytes.Buffer
	if err := t.Execute(&out, p); err != nil {
		return nil, fmt.Errorf("docs: %w", err)
	}
	return out.Bytes(), nil
}

// paragraphs sets text in `backticks` as code.
func paragraphs(text string) []template.HTML {
	var out []template.HTML
	for paragraph := range strings.SplitSeq(text, "\n\n") {
		var b strings.Builder
		for i, part := range strings.Split(paragraph, "`") {
			part = template.HTMLEscapeString(part)
			if i%2 == 1 {
				part = "<code>" + part + "</code>"
			}
			b.WriteString(part)
		}
		out = append(out, template.HTML(b.String())) //nolint:gosec // every part is escaped
	}
	return out
}

// docsBuilder follows references between schemas.
type docsBuilder struct{ schemas huma.Registry }

func (b docsBuilder) operations(doc *huma.OpenAPI, tag string) []docsOperation {
	var out []docsOperation
	for _, path := range slices.Sorted(maps.Keys(doc.Paths)) {
		item := doc.Paths[path]
		for _, op := range []*huma.Operation{item.Get, item.Post, item.Put, item.Patch, item.Delete} {
			if op != nil && slices.Contains(op.Tags, tag) {
				out = append(out, b.operation(op))
			}
		}
	}
	return out
}

func (b docsBuilder) operation(op *huma.Operation) docsOperation {
	d := docsOperation{ID: op.OperationID, Method: op.Method, Path: op.Path, Summary: op.Summary, Description: op.Description,
		Public: len(op.Security) > 1}
	for _, p := range op.Parameters {
		d.Parameters = append(d.Parameters, docsField{Name: p.Name, In: p.In, Type: b.typeName(p.Schema), Required: p.Required,
			Doc: p.Description, Example: example(p.Example, p.Schema), Enum: enum(p.Schema)})
	}
	if op.RequestBody != nil {
		media := op.RequestBody.Content["application/json"]
		d.Example = indented(media.Example)
		d.Body, d.BodyDoc = b.fields(media.Schema, "", nil), b.typeName(media.Schema)
	}
	d.Curl = curl(d)
	for _, status := range slices.Sorted(maps.Keys(op.Responses)) {
		if status == "default" {
			continue
		}
		d.Status = status
		for contentType, media := range op.Responses[status].Content {
			d.AnswerType, d.Answer = contentType, b.fields(media.Schema, "", nil)
		}
	}
	return d
}

// fields lists what an object holds, nested names written as paths.
func (b docsBuilder) fields(s *huma.Schema, path string, above []string) []docsField {
	s, name := b.resolve(s)
	if s == nil || slices.Contains(above, name) || len(above) > 4 {
		return nil
	}
	if name != "" {
		above = append(slices.Clone(above), name)
	}
	if s.Type == huma.TypeArray {
		return b.fields(s.Items, path+"[]", above)
	}
	var out []docsField
	for _, either := range slices.Concat(s.OneOf, s.AnyOf) {
		if inner, _ := b.resolve(either); inner != nil && inner.Type == huma.TypeObject && len(out) == 0 {
			out = b.fields(either, path, above)
		}
	}
	for _, key := range b.order(s) {
		p := s.Properties[key]
		out = append(out, docsField{Name: join(path, key), Type: b.typeName(p), Required: slices.Contains(s.Required, key),
			Doc: p.Description, Example: example(nil, p), Enum: enum(p)})
		if !b.isMoney(p) {
			out = append(out, b.fields(p, join(path, key), above)...)
		}
	}
	return out
}

// order is required fields first, then by name.
func (b docsBuilder) order(s *huma.Schema) []string {
	return slices.SortedFunc(maps.Keys(s.Properties), func(x, y string) int {
		if rx, ry := slices.Contains(s.Required, x), slices.Contains(s.Required, y); rx != ry {
			return map[bool]int{true: -1, false: 1}[rx]
		}
		return strings.Compare(x, y)
	})
}

func (b docsBuilder) isMoney(s *huma.Schema) bool { return strings.Contains(b.typeName(s), "Money") }

func (b docsBuilder) resolve(s *huma.Schema) (*huma.Schema, string) {
	if s == nil || s.Ref == "" {
		return s, ""
	}
	return b.schemas.SchemaFromRef(s.Ref), s.Ref[strings.LastIndex(s.Ref, "/")+1:]
}

func (b docsBuilder) typeName(s *huma.Schema) string {
	s, name := b.resolve(s)
	switch {
	case s == nil:
		return ""
	case name != "":
		return name
	case len(s.OneOf)+len(s.AnyOf) > 0:
		var names []string
		for _, either := range slices.Concat(s.OneOf, s.AnyOf) {
			names = append(names, b.typeName(either))
		}
		return strings.Join(slices.Compact(names), " or ")
	case s.Type == huma.TypeArray:
		return "list of " + b.typeName(s.Items)
	case s.Format == "date-time":
		return "time"
	case s.Type == "":
		return "any JSON"
	case s.Nullable:
		return s.Type + " or null"
	}
	return s.Type
}

func example(own any, s *huma.Schema) string {
	if own == nil && s != nil && len(s.Examples) > 0 {
		own = s.Examples[0]
	}
	if own == nil {
		return ""
	}
	return fmt.Sprint(own)
}

func enum(s *huma.Schema) []string {
	if s == nil {
		return nil
	}
	return views(s.Enum, func(v any) string { return fmt.Sprint(v) })
}

func indented(v any) string {
	raw, ok := v.(json.RawMessage)
	if !ok {
		return ""
	}
	var out bytes.Buffer
	if json.Indent(&out, raw, "", "  ") != nil {
		return string(raw)
	}
	return out.String()
}

// curl is the request as somebody would try it.
func curl(d docsOperation) string {
	path := d.Path
	for _, p := range d.Parameters {
		if p.In == "path" {
			path = strings.ReplaceAll(path, "{"+p.Name+"}", p.Example)
		}
	}
	lines := []string{`curl "$FONDACO` + Prefix + path + `"`}
	if d.Method != "GET" {
		lines[0] = `curl -X ` + d.Method + ` "$FONDACO` + Prefix + path + `"`
	}
	if !d.Public {
		lines = append(lines, `-H "Authorization: Bearer $TOKEN"`)
	}
	if d.Example != "" {
		lines = append(lines, `-H "Content-Type: application/json"`, "-d '"+strings.ReplaceAll(d.Example, "'", `'\''`)+"'")
	}
	return strings.Join(lines, " \\\n  ")
}
