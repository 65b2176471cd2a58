package openapi

import (
	"net/url"
	"strings"
)

// maxPointerSteps bounds a reference, so that following many of them stays
// linear in the document's size.
const (
	maxPointerSteps    = 8
	maxReferenceLength = 2000 // bytes
)

// resolve gives a path item as a chain: what is written at the path, then what
// its $ref leads to. Only references inside the document are followed; the
// others are noted.
func (imp *importer) resolve(path string, item node) []*object {
	var chain []*object
	seen := make(map[string]bool)
	for {
		o := asObject(item)
		if o == nil {
			imp.wrong(jsonPath(path), "A path has to hold an object with its operations.")
			return nil
		}
		chain = append(chain, o)
		imp.noteDuplicates(path, o)
		ref := text(o.get("$ref"))
		if ref == "" {
			return chain
		}
		var problem string
		if item, problem = imp.follow(ref, seen); problem != "" {
			imp.notef("%s: the reference %s %s.", jsonPath(path, "$ref"), quoted(ref), problem)
			return chain
		}
	}
}

// maxDuplicates bounds the notes of one path item.
const maxDuplicates = 8

// noteDuplicates tells of fields that one path item has twice.
func (imp *importer) noteDuplicates(path string, o *object) {
	for _, key := range o.duplicates[:min(len(o.duplicates), maxDuplicates)] {
		imp.notef("%s is there more than once; the first counts.", jsonPath(path, key))
	}
}

// follow returns what ref leads to and remembers it in seen, or says in words
// why it cannot be followed.
func (imp *importer) follow(ref string, seen map[string]bool) (to node, problem string) {
	switch {
	case len(ref) > maxReferenceLength:
		return nil, "is too long"
	case !strings.HasPrefix(ref, "#"):
		return nil, "is outside this document, and only the document itself is read; bundle it into one file to import these operations"
	case seen[ref] || len(seen) == maxReferences:
		return nil, "leads back to itself"
	}
	seen[ref] = true
	if to = imp.lookup(ref); to == nil {
		return nil, "leads nowhere"
	}
	return to, ""
}

// lookup follows a JSON pointer ("#/components/pathItems/Ping"), nil when it
// leads nowhere.
func (imp *importer) lookup(ref string) node {
	pointer, err := url.PathUnescape(strings.TrimPrefix(ref, "#"))
	if err != nil || !strings.HasPrefix(pointer, "/") {
		return nil
	}
	steps := strings.Split(pointer[1:], "/")
	if len(steps) > maxPointerSteps {
		return nil
	}
	unescape := strings.NewReplacer("~1", "/", "~0", "~")
	here, found := imp.root, node(nil)
	for _, step := range steps {
		found = here.get(unescape.Replace(step))
		here = asObject(found)
	}
	return found
}
