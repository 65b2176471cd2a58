package sandbox

import "time"

const microsFormat = "2006-01-02T15:04:05.000000"

func micros(t time.Time) string { return t.UTC().Format(microsFormat) }

// parsed reads a time as the sandbox and clients write it; the zero time when
// there is none.
func parsed(text string) time.Time {
	for _, format := range []string{"2006-01-02T15:04:05.999999", time.RFC3339Nano} {
		if t, err := time.Parse(format, text); err == nil {
			return t.UTC()
		}
	}
	return time.Time{}
}

// span is the request's start and end, cut at now as Nova does.
func (r *request) span() (from, to time.Time, ok bool) {
	q := r.URL.Query()
	from, to = parsed(q.Get("start")), parsed(q.Get("end"))
	if from.IsZero() || to.IsZero() || to.Before(from) {
		return from, to, false
	}
	return from, earlier(to, r.now()), true
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
