package openapi

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	"github.com/fondaco/fondaco/core/fault"
	"gopkg.in/yaml.v3"
)

const (
	// maxYAMLNodes bounds the tree that is built in memory: a node takes about
	// 200 bytes, and a few bytes of hostile text are enough for one. Real
	// documents of 15 MB stay well under a third of this.
	maxYAMLNodes = 3_000_000
	// yamlBudget bounds the fields that merges may copy, so that merge keys
	// which repeat one another cannot multiply.
	yamlBudget = 2_000_000
	// maxMergeDepth bounds merges inside merges.
	maxMergeDepth = 16
)

// parseYAML checks the whole text and returns the root of its first document.
// Aliases stay references: nothing is expanded.
func parseYAML(text []byte) (root node, notes []string, err error) {
	if n := yamlNodes(text); n > maxYAMLNodes {
		return nil, nil, fault.InvalidField(document, fmt.Sprintf(
			"This YAML has about %d values; at most %d can be imported. Split it by product, or send it as JSON.", n, maxYAMLNodes))
	}
	dec := yaml.NewDecoder(bytes.NewReader(text))
	var first yaml.Node
	if err := decodeYAML(dec, &first); err != nil {
		return nil, nil, yamlFault(text, err)
	}
	if len(first.Content) == 0 {
		return nil, nil, fault.InvalidField(document, "The document is empty. Send an OpenAPI document in JSON or YAML.")
	}
	var second yaml.Node
	if err := decodeYAML(dec, &second); err == nil {
		notes = append(notes, "The file holds several YAML documents; only the first was read.")
	} else if !errors.Is(err, io.EOF) {
		return nil, nil, yamlFault(text, err)
	}
	reader := &yamlReader{objects: make(map[*yaml.Node]*object), budget: yamlBudget}
	return &yamlNode{n: first.Content[0], reader: reader}, notes, nil
}

// decodeYAML turns a panic of the parser into an error: its input is a stranger's.
func decodeYAML(dec *yaml.Decoder, into *yaml.Node) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("yaml: %v", p)
		}
	}()
	return dec.Decode(into)
}

// yamlNodes is an upper bound of the nodes that text can make: one per
// character that opens or separates values.
func yamlNodes(text []byte) int {
	n := 1
	for i, c := range text {
		switch c {
		case '\n', ',', '[', '{':
			n++
		case ':', '-', '?':
			if i+1 < len(text) && (text[i+1] == ' ' || text[i+1] == '\t') {
				n++
			}
		}
	}
	return n
}

var yamlErrorLine = regexp.MustCompile(`^line (\d+): (.*)$`)

// yamlFault gives the parser's words with the line, and says so when the text
// seems to end too early.
func yamlFault(text []byte, err error) error {
	if errors.Is(err, io.EOF) {
		return fault.InvalidField(document, "The document is empty. Send an OpenAPI document in JSON or YAML.")
	}
	words := strings.TrimPrefix(err.Error(), "yaml: ")
	last := bytes.Count(bytes.TrimRight(text, " \t\r\n"), []byte("\n")) + 1
	where, cutOff := "", strings.Contains(words, "unexpected end") || strings.Contains(words, "found unexpected document indicator")
	if m := yamlErrorLine.FindStringSubmatch(words); m != nil {
		line, _ := strconv.Atoi(m[1])
		where, words = fmt.Sprintf(" at line %d", line), m[2]
		cutOff = cutOff || line >= last-1 && !strings.Contains(words, "max depth")
	}
	message := fmt.Sprintf("The YAML cannot be read%s: %s.", where, words)
	if cutOff {
		message = fmt.Sprintf("The YAML cannot be read%s: %s. That is the end of the document (line %d), so it may be cut off; send the whole document again.", where, words, last)
	}
	return fault.InvalidField(document, message).Because(err)
}

// yamlReader is what the nodes of one document share.
type yamlReader struct {
	objects map[*yaml.Node]*object
	budget  int
}

// yamlNode is a value of a YAML document.
type yamlNode struct {
	n      *yaml.Node
	reader *yamlReader
}

func (y *yamlNode) target() *yaml.Node { return unalias(y.n) }

// unalias follows an alias to its value. An alias never leads to an alias.
func unalias(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode && n.Alias != nil {
		return n.Alias
	}
	return n
}

func (y *yamlNode) kind() kind {
	switch n := y.target(); {
	case n.Kind == yaml.MappingNode:
		return mapping
	case n.Kind == yaml.SequenceNode:
		return array
	case n.Kind == yaml.ScalarNode && n.ShortTag() != "!!null":
		return scalar
	}
	return null
}

func (y *yamlNode) text() string {
	if y.kind() != scalar {
		return ""
	}
	return y.target().Value
}

func (y *yamlNode) items() []node {
	n := y.target()
	if n.Kind != yaml.SequenceNode {
		return nil
	}
	list := make([]node, len(n.Content))
	for i, c := range n.Content {
		list[i] = &yamlNode{c, y.reader}
	}
	return list
}

func (y *yamlNode) object() *object {
	n := y.target()
	if n.Kind != yaml.MappingNode {
		return nil
	}
	if o, ok := y.reader.objects[n]; ok {
		return o
	}
	o := newObject(len(n.Content) / 2)
	y.reader.objects[n] = o
	y.reader.fill(o, n, 0)
	return o
}

func (y *yamlNode) exhausted() error {
	if y.reader.budget > 0 {
		return nil
	}
	return fault.InvalidField(document, "The YAML repeats itself too often through merge keys (<<). Write the operations out, or send the document as JSON.")
}

// fill copies n's own fields, then those it merges in.
func (r *yamlReader) fill(o *object, n *yaml.Node, depth int) {
	var merges []*yaml.Node
	for i := 0; i+1 < len(n.Content) && r.spend(); i += 2 {
		key, value := unalias(n.Content[i]), n.Content[i+1]
		switch {
		case key.ShortTag() == "!!merge":
			merges = append(merges, value)
		case key.Kind == yaml.ScalarNode && !o.add(key.Value, &yamlNode{value, r}) && depth == 0:
			o.duplicates = append(o.duplicates, key.Value)
		}
	}
	for _, m := range merges {
		r.merge(o, unalias(m), depth+1)
	}
}

// merge adds the fields of a mapping, or of each in a list of them.
func (r *yamlReader) merge(o *object, from *yaml.Node, depth int) {
	if depth > maxMergeDepth || !r.spend() {
		return
	}
	switch from.Kind {
	case yaml.MappingNode:
		r.fill(o, from, depth)
	case yaml.SequenceNode:
		for _, c := range from.Content {
			if c = unalias(c); c.Kind == yaml.MappingNode {
				r.merge(o, c, depth+1)
			}
		}
	}
}

// spend takes one from the budget and reports whether there was any.
func (r *yamlReader) spend() bool {
	r.budget--
	return r.budget > 0
}
