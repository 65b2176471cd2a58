package openapi

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/fondaco/fondaco/core/fault"
)

// anyJSON accepts every value and keeps none: unmarshalling into it checks the
// syntax only.
type anyJSON struct{}

func (*anyJSON) UnmarshalJSON([]byte) error { return nil }

// parseJSON checks the whole text and returns its root.
func parseJSON(text []byte) (node, error) {
	err := json.Unmarshal(text, new(anyJSON))
	if err == nil {
		return &jsonNode{raw: trimJSON(text)}, nil
	}
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		return nil, jsonSyntaxFault(text, syntax)
	}
	return nil, fault.InvalidField(document, "The JSON cannot be read.").Because(err)
}

// jsonSyntaxFault says where the text stops being JSON, and whether it was cut off.
func jsonSyntaxFault(text []byte, err *json.SyntaxError) error {
	line, column := position(text, int(err.Offset))
	if jsonCutOff(text, err) {
		return fault.InvalidField(document, fmt.Sprintf(
			"The JSON ends too early, at line %d, column %d: the document seems to be cut off. Send the whole document again.", line, column)).Because(err)
	}
	return fault.InvalidField(document, fmt.Sprintf("The JSON cannot be read at line %d, column %d: %s.", line, column, err)).Because(err)
}

func jsonCutOff(text []byte, err *json.SyntaxError) bool {
	return int(err.Offset) >= len(trimJSON(text)) && err.Error() == "unexpected end of JSON input"
}

// jsonNode is a value inside a text that was checked, so the scanning below
// needs no errors.
type jsonNode struct {
	raw   []byte
	obj   *object
	value *string // the text, once it was asked for
}

func (n *jsonNode) kind() kind {
	switch n.raw[0] {
	case '{':
		return mapping
	case '[':
		return array
	case 'n':
		return null
	}
	return scalar
}

func (n *jsonNode) text() string {
	if n.kind() != scalar {
		return ""
	}
	if n.value == nil {
		n.value = new(string(n.raw))
		if n.raw[0] == '"' {
			*n.value = unquoteJSON(n.raw)
		}
	}
	return *n.value
}

func (n *jsonNode) object() *object {
	if n.kind() != mapping || n.obj != nil {
		return n.obj
	}
	n.obj = newObject(0)
	for i := skipSpace(n.raw, 1); n.raw[i] != '}'; {
		end := valueEnd(n.raw, i)
		key := unquoteJSON(n.raw[i:end])
		start := skipSpace(n.raw, skipSpace(n.raw, end)+1) // over the colon
		end = valueEnd(n.raw, start)
		if !n.obj.add(key, &jsonNode{raw: n.raw[start:end]}) {
			n.obj.duplicates = append(n.obj.duplicates, key)
		}
		i = nextElement(n.raw, end)
	}
	return n.obj
}

func (n *jsonNode) items() []node {
	if n.kind() != array {
		return nil
	}
	var list []node
	for i := skipSpace(n.raw, 1); n.raw[i] != ']'; {
		end := valueEnd(n.raw, i)
		list = append(list, &jsonNode{raw: n.raw[i:end]})
		i = nextElement(n.raw, end)
	}
	return list
}

func (n *jsonNode) exhausted() error { return nil }

// unquoteJSON decodes a string with its quotes.
func unquoteJSON(raw []byte) string {
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return string(raw)
	}
	return s
}

// skipSpace returns the index of the next byte that is not white space.
func skipSpace(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\t' || b[i] == '\n' || b[i] == '\r') {
		i++
	}
	return i
}

// nextElement steps over a comma, if there is one, to the next element or the closing bracket.
func nextElement(b []byte, i int) int {
	i = skipSpace(b, i)
	if b[i] == ',' {
		i = skipSpace(b, i+1)
	}
	return i
}

// valueEnd returns the index behind the value that begins at i.
func valueEnd(b []byte, i int) int {
	switch b[i] {
	case '"':
		return stringEnd(b, i)
	case '{', '[':
		return bracketEnd(b, i)
	}
	for i < len(b) && b[i] != ',' && b[i] != '}' && b[i] != ']' && b[i] > ' ' {
		i++
	}
	return i
}

func stringEnd(b []byte, i int) int {
	for i++; b[i] != '"'; i++ {
		if b[i] == '\\' {
			i++
		}
	}
	return i + 1
}

func bracketEnd(b []byte, i int) int {
	for depth := 0; ; {
		switch b[i] {
		case '"':
			i = stringEnd(b, i)
			continue
		case '{', '[':
			depth++
		case '}', ']':
			depth--
			if depth == 0 {
				return i + 1
			}
		}
		i++
	}
}

// trimJSON cuts white space at both ends.
func trimJSON(b []byte) []byte {
	b = b[skipSpace(b, 0):]
	end := len(b)
	for end > 0 && (b[end-1] == ' ' || b[end-1] == '\t' || b[end-1] == '\n' || b[end-1] == '\r') {
		end--
	}
	return b[:end]
}
