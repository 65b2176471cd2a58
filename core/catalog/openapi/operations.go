package openapi

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"

	"github.com/fondaco/fondaco/core/fault"
)

// fieldKind is what a path item's field is.
type fieldKind int

const (
	unknownField fieldKind = iota
	soldMethod             // an operation that can become an endpoint
	otherMethod            // an operation that is only noted
	plainField             // no operation
)

func kindOf(field string) fieldKind {
	switch strings.ToLower(field) {
	case "get", "head", "post", "put", "patch", "delete", "options":
		return soldMethod
	case "trace", "query":
		return otherMethod
	case "$ref", "summary", "description", "parameters":
		return plainField
	}
	if strings.HasPrefix(field, "x-") {
		return plainField
	}
	return unknownField
}

// maxFieldLength bounds the JSON path in an error or note, in characters.
const maxFieldLength = 200

// maxPathLength bounds a path template, in characters.
const maxPathLength = 1000

// maxFields bounds the fields of all path items together: references can make
// one large path item count at thousands of paths.
const maxFields = 500_000

// maxReferences bounds a chain of path items that refer to one another.
const maxReferences = 8

// operations proposes an endpoint per operation, in document order.
func (imp *importer) operations() error {
	paths := imp.root.get("paths")
	if paths == nil || paths.kind() == null {
		return fault.InvalidField("paths", imp.noOperations("The document has no \"paths\"."))
	}
	object := paths.object()
	if object == nil {
		return fault.InvalidField("paths", "\"paths\" has to be an object with one entry per path.")
	}
	for _, key := range object.duplicates {
		imp.notef("%s is there more than once; the first counts.", jsonPath(key))
	}
	for _, f := range object.all() {
		if strings.HasPrefix(f.key, "x-") {
			continue
		}
		if imp.pathProblem(f.key) {
			continue
		}
		if err := imp.pathItem(f.key, f.value); err != nil {
			return err
		}
	}
	if err := imp.fault(); err != nil {
		return err
	}
	if len(imp.result.Proposed) == 0 {
		return fault.InvalidField("paths", imp.noOperations("The document describes no operation that can be sold."))
	}
	imp.noteLeftOut()
	return nil
}

// noOperations ends a message with what was noted on the way, which is most
// likely the reason.
func (imp *importer) noOperations(message string) string {
	if asObject(imp.root.get("webhooks")) != nil {
		message += " Webhooks are not imported."
	}
	if n := len(imp.result.Notes); n > 0 {
		return message + " " + imp.result.Notes[n-1]
	}
	return message + " Add at least one path with an operation such as \"get\"."
}

// noteLeftOut tells about parts that no endpoint comes from.
func (imp *importer) noteLeftOut() {
	if hooks := asObject(imp.root.get("webhooks")); len(hooks.all()) > 0 {
		imp.notef("Webhooks (%d) are not endpoints and were left out.", len(hooks.all()))
	}
}

// jsonPath names a path, and the fields below it, as the document has them.
func jsonPath(path string, fields ...string) string {
	return clean(strings.Join(append([]string{fmt.Sprintf("paths[%q]", path)}, fields...), "."), maxFieldLength)
}

// pathProblem records or notes why no endpoint can have this path.
func (imp *importer) pathProblem(path string) bool {
	at := jsonPath(path)
	switch {
	case !strings.HasPrefix(path, "/"):
		imp.wrong(at, "A path begins with a slash: %s.", quoted("/"+strings.TrimSpace(path)))
	case len([]rune(path)) > maxPathLength:
		imp.wrong(at, "A path has at most %d characters; this has %d.", maxPathLength, len([]rune(path)))
	case strings.ContainsFunc(path, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }):
		imp.wrong(at, "A path has no spaces or control characters. Write a space as %%20.")
	case !balanced(path):
		imp.wrong(at, "Each { needs its } and a name between them, as in /items/{id}.")
	case strings.ContainsAny(path, "?#"):
		imp.notef("%s was left out: a path ends before \"?\" and \"#\"; an endpoint cannot be told apart by its query.", at)
	default:
		return false
	}
	return true
}

var template = regexp.MustCompile(`\{[^{}/]+\}`)

// balanced reports whether every brace belongs to a {param} with a name.
func balanced(path string) bool {
	return !strings.ContainsAny(template.ReplaceAllString(path, ""), "{}")
}

// pathItem proposes the operations of one path.
func (imp *importer) pathItem(path string, item node) error {
	if item.kind() == null {
		imp.notef("%s is empty and was left out.", jsonPath(path))
		return nil
	}
	parts := imp.resolve(path, item)
	if len(parts) == 0 {
		return nil
	}
	seen := make(map[string]bool)
	for _, part := range parts {
		for _, f := range part.all() {
			if seen[f.key] {
				continue
			}
			seen[f.key] = true
			if imp.fields++; imp.fields > maxFields {
				return fault.InvalidField(document, fmt.Sprintf("The paths hold more than %d fields, counting each path that a reference repeats. Split the document by product.", maxFields))
			}
			if err := imp.pathField(path, f, parts); err != nil {
				return err
			}
		}
	}
	return nil
}

// pathField proposes the operation, or notes what cannot be one.
func (imp *importer) pathField(path string, f field, parts []*object) error {
	switch f.key {
	case "additionalOperations":
		for _, extra := range asObject(f.value).all() {
			imp.noteMethod(path, strings.ToUpper(extra.key))
		}
		return nil
	case "servers":
		imp.notef("%s has servers of its own; its operations are proposed all the same, for the product's upstream URL.", jsonPath(path))
		return nil
	}
	switch kindOf(f.key) {
	case soldMethod:
		return imp.operation(path, f.key, f.value, parts)
	case otherMethod:
		imp.noteMethod(path, strings.ToUpper(f.key))
	case unknownField:
		imp.notef("%s is not a method or any other field of a path and was left out.", jsonPath(path, f.key))
	}
	return nil
}

func (imp *importer) noteMethod(path, method string) {
	imp.notef("%s %s was left out: endpoints are sold for GET, HEAD, POST, PUT, PATCH, DELETE and OPTIONS.", method, path)
}

// operation proposes one endpoint.
func (imp *importer) operation(path, key string, value node, parts []*object) error {
	if value.kind() == null {
		imp.notef("%s is empty and was left out.", jsonPath(path, key))
		return nil
	}
	op := value.object()
	if op == nil {
		imp.wrong(jsonPath(path, key), "An operation has to be an object, even an empty one.")
		return nil
	}
	if len(imp.result.Proposed) >= MaxOperations {
		return fault.InvalidField(document, fmt.Sprintf("The document has more than %d operations; that is the most for one product. Split it by product.", MaxOperations))
	}
	method := strings.ToUpper(key)
	if other, ok := imp.paths.add(method, path); !ok {
		imp.notef("%s %s matches the same requests as %s; pick one of the two.", method, path, other)
	}
	imp.bareEnd = op.get("responses") == nil
	id := oneLine(text(op.get("operationId")), 4*MaxIdentifierLength)
	imp.result.Proposed = append(imp.result.Proposed, Endpoint{
		Identifier:  imp.names.identifier(id, method, path),
		Method:      method,
		Path:        path,
		Name:        endpointName(op, id, method, path),
		Description: clean(firstText("description", op, parts), MaxDescriptionLength),
		Deprecated:  text(op.get("deprecated")) == "true",
	})
	return nil
}

// endpointName is the summary, or the operationId in words, or method and path.
func endpointName(op *object, id, method, path string) string {
	for _, name := range []string{text(op.get("summary")), sentence(id), method + " " + path} {
		if name = oneLine(name, MaxNameLength); name != "" {
			return name
		}
	}
	return method
}

// firstText is the operation's text, or else that of its path item.
func firstText(key string, op *object, parts []*object) string {
	for _, o := range append([]*object{op}, parts...) {
		if s := text(o.get(key)); s != "" {
			return s
		}
	}
	return ""
}

// pathSet finds templates that differ only in the names of their parameters:
// no gateway can tell them apart.
type pathSet map[string]string

// add reports whether method and path are new, and otherwise which path was first.
func (s *pathSet) add(method, path string) (first string, ok bool) {
	if *s == nil {
		*s = make(pathSet)
	}
	key := method + " " + template.ReplaceAllString(path, "{}")
	if first, there := (*s)[key]; there {
		return first, false
	}
	(*s)[key] = path
	return path, true
}
