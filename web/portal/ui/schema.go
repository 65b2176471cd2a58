package ui

// SchemaField is one property of a JSON Schema on a form: a control, a group of
// further ones (Parts), or a map whose entries people add and remove (Map). Of
// groups and maps only ID, Label, Hint and Error are used.
type SchemaField struct {
	Field
	Parts []SchemaField
	Map   *SchemaMap
}

// SchemaMap is an object whose keys people choose, such as clouds by name. Its
// buttons send "do" and change only the form.
type SchemaMap struct {
	Entries []SchemaEntry
	Add     string // value of the button that adds an entry
	AddText string // words on it: "Add to clouds"
}

// SchemaEntry is one entry of a map, or one row of a list: the key, what stands under it, and the
// value of the button that removes it.
type SchemaEntry struct {
	ID     string
	Label  string // "Clouds 1", for the group and its button
	Key    Field
	Row    SchemaRow // in place of the key, of a row
	Parts  []SchemaField
	Remove string
}

// SchemaRow is the hidden field that says that there is a row.
type SchemaRow struct{ Name, Value string }
