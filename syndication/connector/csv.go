package connector

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"strings"
)

// wantsCSV reports whether the list was asked for as a table.
func (c *call) wantsCSV() bool { return strings.Contains(c.r.Header.Get("Accept"), "text/csv") }

// toCSV turns a JSON list of objects into a table with a column for every name
// that occurs, in order of appearance. References are written as their url,
// lists and objects as JSON.
func toCSV(raw []byte) ([]byte, error) {
	var rows []json.RawMessage
	if err := json.Unmarshal(raw, &rows); err != nil {
		return nil, fmt.Errorf("table: %w", err)
	}
	var columns []string
	known := map[string]bool{}
	table := make([]map[string]string, len(rows))
	for i, row := range rows {
		names, cells, err := cellsOf(row)
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			if !known[name] {
				known[name], columns = true, append(columns, name)
			}
		}
		table[i] = cells
	}
	return writeCSV(columns, table)
}

func writeCSV(columns []string, table []map[string]string) ([]byte, error) {
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	records := make([][]string, 0, len(table)+1)
	records = append(records, columns)
	for _, cells := range table {
		record := make([]string, len(columns))
		for i, name := range columns {
			record[i] = cells[name]
		}
		records = append(records, record)
	}
	if len(columns) == 0 {
		return []byte{}, nil
	}
	err := w.WriteAll(records)
	return out.Bytes(), err
}

// cellsOf reads an object's names in their order and its values as cells.
func cellsOf(row json.RawMessage) (names []string, cells map[string]string, err error) {
	dec := json.NewDecoder(bytes.NewReader(row))
	if _, err := dec.Token(); err != nil {
		return nil, nil, fmt.Errorf("table: %w", err)
	}
	cells = map[string]string{}
	for dec.More() {
		token, err := dec.Token()
		if err != nil {
			return nil, nil, fmt.Errorf("table: %w", err)
		}
		name, _ := token.(string)
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			return nil, nil, fmt.Errorf("table: %w", err)
		}
		names = append(names, name)
		cells[name] = cell(value)
	}
	return names, cells, nil
}

// cell is a value in a table. Text that a spreadsheet would take for a formula
// is written with an apostrophe before it.
func cell(value json.RawMessage) string {
	var text string
	if json.Unmarshal(value, &text) == nil {
		if text != "" && strings.ContainsRune("=+-@\t\r", rune(text[0])) {
			return "'" + text
		}
		return text
	}
	var r pathRef
	if json.Unmarshal(value, &r) == nil && r.URL != "" {
		return r.URL
	}
	if string(value) == "null" {
		return ""
	}
	return string(value)
}
