package store

import (
	"strings"
	"time"
)

// Where collects the conditions of a list's query, which begins with one on the
// marketplace.
type Where struct {
	Text string
	Args []any
}

// NewWhere returns no condition; args are those that stand in the query before.
func NewWhere(args ...any) *Where { return &Where{Args: args} }

// Add adds a condition, " AND x = ?", with its arguments.
func (w *Where) Add(clause string, args ...any) {
	w.Text, w.Args = w.Text+clause, append(w.Args, args...)
}

// Within adds that an instant is not before from and before until, as far as
// they are there.
func (w *Where) Within(column string, from, until *time.Time) {
	if from != nil {
		w.Add(` AND `+column+` >= ?`, from.UTC())
	}
	if until != nil {
		w.Add(` AND `+column+` < ?`, until.UTC())
	}
}

// Contains adds that one of the columns has the text in it, in any case.
func (w *Where) Contains(text string, columns ...string) {
	like := "%" + escapeLike.Replace(strings.ToLower(text)) + "%"
	parts := make([]string, len(columns))
	args := make([]any, len(columns))
	for i, column := range columns {
		parts[i], args[i] = `LOWER(`+column+`) LIKE ? ESCAPE '\'`, like
	}
	w.Add(` AND (`+strings.Join(parts, ` OR `)+`)`, args...)
}

// Like is a text as part of a LIKE pattern with ESCAPE '\'.
func Like(text string) string { return escapeLike.Replace(text) }

var escapeLike = strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`)

// AnyOf adds that the column is one of the values, if there are any.
func AnyOf[T any](w *Where, column string, values []T) {
	if len(values) == 0 {
		return
	}
	args := make([]any, len(values))
	for i, v := range values {
		args[i] = v
	}
	w.Add(` AND `+column+` IN (?`+strings.Repeat(`, ?`, len(values)-1)+`)`, args...)
}
