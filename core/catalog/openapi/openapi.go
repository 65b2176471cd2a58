// Package openapi reads what a marketplace needs from a vendor's OpenAPI
// document: its title, its servers and one proposed endpoint per operation.
// See README.md for what it owns and what it leaves alone.
package openapi

import (
	"bytes"
	"fmt"
	"regexp"

	"github.com/fondaco/fondaco/core/fault"
)

// Limits of one import.
const (
	MaxSize       = 20 << 20 // bytes of the document as it was sent
	MaxOperations = 10_000   // operations in one document

	MaxIdentifierLength  = 100  // characters of Endpoint.Identifier
	MaxNameLength        = 120  // characters of Endpoint.Name; longer ones are cut
	MaxDescriptionLength = 4000 // characters of a description; longer ones are cut
	maxNotes             = 50   // notes that are kept word for word
	maxFaults            = 50   // wrong fields that are reported one by one
)

// document is the field that errors about the whole document name.
const document = "document"

// Result is what a document proposes. Nothing in it has been stored.
type Result struct {
	Format      string     `json:"format"`      // "OpenAPI 3.1.0" or "Swagger 2.0"
	Title       string     `json:"title"`       // info.title
	Version     string     `json:"version"`     // info.version: the API's own version
	Description string     `json:"description"` // info.description, often Markdown
	ServerURLs  []string   `json:"serverUrls"`  // in document order, variables at their defaults; may be relative
	Proposed    []Endpoint `json:"proposed"`    // in document order, never empty
	Notes       []string   `json:"notes"`       // what was left out or assumed, for the vendor to read
}

// Endpoint is one operation as it could be sold.
type Endpoint struct {
	Identifier  string `json:"identifier"` // unique in the document, [a-z0-9][a-z0-9-_.]*, at most MaxIdentifierLength
	Method      string `json:"method"`     // upper case
	Path        string `json:"path"`       // with {param} templates, as written
	Name        string `json:"name"`       // the summary, or the operationId in words, or method and path
	Description string `json:"description"`
	Deprecated  bool   `json:"deprecated"`
}

// ServerURL returns the first server's URL, or "" when the document names none.
func (r Result) ServerURL() string {
	if len(r.ServerURLs) == 0 {
		return ""
	}
	return r.ServerURLs[0]
}

// Import reads a document in JSON or YAML: OpenAPI 3.0, 3.1, 3.2 or Swagger 2,
// at most MaxSize bytes. Only paths and operations are looked at, schemas are
// never resolved, and nothing outside the document is ever read.
//
// A document that cannot be used gives a fault.Invalid whose fields are JSON
// paths (`paths["items"]`), or "document" when the whole is meant. What is
// merely left out is told in Result.Notes.
func Import(doc []byte) (Result, error) {
	if len(doc) > MaxSize {
		return Result{}, fault.InvalidField(document, fmt.Sprintf(
			"This document has %.1f MiB; at most %d MiB can be imported. Leave out examples and schemas that no operation needs, or split it by product.",
			float64(len(doc))/(1<<20), MaxSize>>20))
	}
	imp := new(importer)
	root, err := imp.parse(doc)
	if err != nil {
		return Result{}, err
	}
	if err := imp.run(root); err != nil {
		return Result{}, err
	}
	return imp.finish(), nil
}

// importer collects the result of one document.
type importer struct {
	root   *object
	result Result
	names  namer
	check  fault.Check
	paths  pathSet
	more   int // notes beyond maxNotes
	faults int // wrong fields, also beyond maxFaults
	fields int // fields of path items that were looked at

	openEnd bool // YAML that does not end with a line break
	bareEnd bool // the last operation has no responses
}

// parse gives the root of the document, whatever its encoding and syntax.
func (imp *importer) parse(doc []byte) (node, error) {
	text, note, err := toUTF8(doc)
	if err != nil {
		return nil, err
	}
	imp.note(note)
	if len(bytes.TrimSpace(text)) == 0 {
		return nil, fault.InvalidField(document, "The document is empty. Send an OpenAPI document in JSON or YAML.")
	}
	root, notes, err := parseText(text)
	for _, n := range notes {
		imp.note(n)
	}
	_, isYAML := root.(*yamlNode)
	imp.openEnd = isYAML && text[len(text)-1] != '\n'
	return root, err
}

// run reads the parts of the document in turn.
func (imp *importer) run(root node) error {
	imp.root = root.object()
	if imp.root == nil {
		return fault.InvalidField(document, "This is not an OpenAPI document: it has to be an object with \"openapi\" (or \"swagger\"), \"info\" and \"paths\".")
	}
	swagger, err := imp.version()
	if err != nil {
		return err
	}
	imp.info()
	if swagger {
		imp.swaggerServers()
	} else {
		imp.result.ServerURLs = serverURLs(imp.root.get("servers"))
	}
	err = imp.operations()
	if exhausted := root.exhausted(); exhausted != nil {
		return exhausted
	}
	return err
}

// finish returns the result with its last note.
func (imp *importer) finish() Result {
	if imp.openEnd && imp.bareEnd {
		imp.note("The document ends without a line break, and its last operation has no responses. If it was cut off, operations are missing: send it again.")
	}
	if imp.more > 0 {
		imp.result.Notes = append(imp.result.Notes, fmt.Sprintf("And %d more notes of this kind.", imp.more))
	}
	return imp.result
}

// note adds a sentence for the vendor; "" is ignored.
func (imp *importer) note(sentence string) {
	switch {
	case sentence == "":
	case len(imp.result.Notes) >= maxNotes:
		imp.more++
	default:
		imp.result.Notes = append(imp.result.Notes, sentence)
	}
}

// notef is note with a format.
func (imp *importer) notef(format string, args ...any) { imp.note(fmt.Sprintf(format, args...)) }

// wrong records a field that makes the document unusable.
func (imp *importer) wrong(field, format string, args ...any) {
	if imp.faults++; imp.faults <= maxFaults {
		imp.check.Addf(field, format, args...)
	}
}

// fault returns the wrong fields, or nil.
func (imp *importer) fault() error {
	if imp.faults > maxFaults {
		imp.check.Addf(document, "And %d more mistakes of this kind.", imp.faults-maxFaults)
	}
	return imp.check.Err()
}

var (
	openapiVersion = regexp.MustCompile(`^3\.[0-2](\.[0-9]+([-+.][0-9A-Za-z.+-]*)?)?$`)
	swaggerVersion = regexp.MustCompile(`^2(\.0)?$`)
)

// version checks what the document says it is and reports whether it is Swagger 2.
func (imp *importer) version() (swagger bool, err error) {
	if v := text(imp.root.get("openapi")); v != "" {
		imp.result.Format = "OpenAPI " + v
		if !openapiVersion.MatchString(v) {
			return false, fault.InvalidField("openapi", fmt.Sprintf("OpenAPI %s is not known here. OpenAPI 3.0, 3.1, 3.2 and Swagger 2.0 can be imported.", quoted(v)))
		}
		return false, nil
	}
	v := text(imp.root.get("swagger"))
	if v == "" {
		return false, fault.InvalidField(document, "This is not an OpenAPI document: it says neither \"openapi\" nor \"swagger\" at the top. Send the API's OpenAPI 3 or Swagger 2 description.")
	}
	imp.result.Format = "Swagger " + v
	if !swaggerVersion.MatchString(v) {
		return false, fault.InvalidField("swagger", fmt.Sprintf("Swagger %s is not known here. Convert the document to OpenAPI 3 (or Swagger 2.0) and import it again.", quoted(v)))
	}
	return true, nil
}

// info reads title, version and description.
func (imp *importer) info() {
	info := asObject(imp.root.get("info"))
	imp.result.Title = oneLine(text(info.get("title")), MaxNameLength)
	imp.result.Version = oneLine(text(info.get("version")), MaxNameLength)
	imp.result.Description = clean(text(info.get("description")), MaxDescriptionLength)
	if imp.result.Title == "" {
		imp.note("The document has no info.title.")
	}
}
