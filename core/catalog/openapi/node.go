package openapi

// kind is what a value is, as far as an import cares.
type kind int

const (
	null kind = iota
	scalar
	array
	mapping
)

// node is one value of the document; JSON and YAML each have their own. The
// tree is read lazily: what nobody asks for (schemas, examples) costs nothing.
type node interface {
	kind() kind
	// text gives a scalar as it is written, "" for anything else.
	text() string
	// object gives a mapping's fields, nil for anything else.
	object() *object
	// items gives an array's values, nil for anything else.
	items() []node
	// exhausted tells after the reading whether it was cut short, and why.
	exhausted() error
}

// field is one entry of an object.
type field struct {
	key   string
	value node
}

// object keeps fields in document order. A nil object has none.
type object struct {
	fields     []field
	index      map[string]int
	duplicates []string // keys that came again; the first counts
}

func newObject(size int) *object {
	return &object{fields: make([]field, 0, size), index: make(map[string]int, size)}
}

// add appends a field unless its key is there, and reports whether it did.
func (o *object) add(key string, value node) bool {
	if _, there := o.index[key]; there {
		return false
	}
	o.index[key] = len(o.fields)
	o.fields = append(o.fields, field{key, value})
	return true
}

// get returns the value of key, or nil.
func (o *object) get(key string) node {
	if o == nil {
		return nil
	}
	if i, ok := o.index[key]; ok {
		return o.fields[i].value
	}
	return nil
}

// all returns the fields in order.
func (o *object) all() []field {
	if o == nil {
		return nil
	}
	return o.fields
}

// text is n.text for an n that may be missing.
func text(n node) string {
	if n == nil {
		return ""
	}
	return n.text()
}

// asObject is n.object for an n that may be missing.
func asObject(n node) *object {
	if n == nil {
		return nil
	}
	return n.object()
}

// asItems is n.items for an n that may be missing.
func asItems(n node) []node {
	if n == nil {
		return nil
	}
	return n.items()
}
