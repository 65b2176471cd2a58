package send

import (
	"context"
	"io"
	"strings"

	"github.com/fondaco/fondaco/core/fault"
)

// MaxAnswer is how much of the answer to a Call is read, in bytes. A longer one
// is none.
const MaxAnswer = 1 << 20

// Answer is what somebody said to a question.
type Answer struct {
	StatusCode int
	JSON       bool // by its Content-Type, or when it names none
	Body       []byte
}

// Call makes a request whose answer is wanted, under the guards of Send: no
// private address unless allowed, no redirect followed, a bounded answer. It
// ends with ctx. Without a whole answer it is an Unavailable fault with a
// sentence for the vendor; what Request holds that cannot be called is Invalid.
func (s *Sender) Call(ctx context.Context, method string, in Request) (Answer, error) {
	req, err := newRequest(ctx, in)
	if err != nil {
		return Answer{}, err
	}
	req.Method = method
	client := s.public
	if in.AllowPrivate {
		client = s.private
	}
	res, err := client.Do(req)
	if err != nil {
		return Answer{}, fault.New(fault.Unavailable, s.explain(ctx, err)).Because(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, MaxAnswer+1))
	switch {
	case err != nil:
		return Answer{}, fault.New(fault.Unavailable, s.explain(ctx, err)).Because(err)
	case len(body) > MaxAnswer:
		return Answer{}, fault.New(fault.Unavailable, "The answer is longer than 1 MiB.")
	}
	kind := res.Header.Get("Content-Type")
	return Answer{StatusCode: res.StatusCode, JSON: kind == "" || strings.Contains(kind, "json"), Body: body}, nil
}
