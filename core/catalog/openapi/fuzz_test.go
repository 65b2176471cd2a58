package openapi_test

import (
	"regexp"
	"testing"
	"unicode/utf8"

	"github.com/fondaco/fondaco/core/catalog/openapi"
	"github.com/fondaco/fondaco/core/fault"
)

var identifier = regexp.MustCompile(`^[a-z0-9][a-z0-9-_.]{0,99}$`)

// Whatever comes in, the answer is a result that keeps its promises or an
// Invalid fault that names a field.
func FuzzImport(f *testing.F) {
	for _, seed := range []string{
		shop30,
		"swagger: '2.0'\nhost: a\npaths:\n  /a: {get: {operationId: x}, post: null}\n",
		"openapi: 3.1.0\npaths: &p\n  /a: {$ref: '#/components/pathItems/b'}\n  <<: *p\ncomponents: {pathItems: {b: {get: {}}}}\n",
		"openapi: 3.0.0\npaths: {items: {get: {}}, '/a?b': {get: {}}, '/{': {}}\n",
		"{openapi: 3.0.0, paths: {/a: {get: {},},},}",
		"\xff\xfeo\x00", "\xe0", `{"openapi":"3.0.0","paths":{"/a":{"get":{"summary":"\ud800"`, `{"a":[1,{"b":"\\\""}],"openapi":"3.2.0","paths":{"/":{"get":{}}}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		got, err := openapi.Import(doc)
		if err != nil {
			if e := fault.As(err); e.Code != fault.Invalid || len(e.Fields) == 0 {
				t.Fatalf("not a fault that names a field: %v", err)
			}
			return
		}
		keepsPromises(t, got)
	})
}

func keepsPromises(t *testing.T, got openapi.Result) {
	t.Helper()
	if len(got.Proposed) == 0 {
		t.Fatal("a result without endpoints")
	}
	seen := make(map[string]bool)
	for _, e := range got.Proposed {
		if !identifier.MatchString(e.Identifier) || seen[e.Identifier] {
			t.Fatalf("identifier %q", e.Identifier)
		}
		seen[e.Identifier] = true
		if e.Name == "" || utf8.RuneCountInString(e.Name) > openapi.MaxNameLength || !utf8.ValidString(e.Name+e.Description+e.Path) {
			t.Fatalf("endpoint %+v", e)
		}
		if e.Path[0] != '/' || e.Method == "" {
			t.Fatalf("endpoint %+v", e)
		}
	}
}
