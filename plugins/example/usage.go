package example

import (
	"context"
	"fmt"
	"math/big"
	"time"

	"github.com/fondaco/fondaco/plugins/sdk"
)

// meter is what the plugin measures: a box of two litres that stood for an
// hour and a half is three litre-hours.
const meter = "litreHours"

// span is a time during which a box had one size. It outlives the box: what
// was used is asked for afterwards.
type span struct {
	Subscription int64     `json:"subscription"`
	Size         int64     `json:"size"`
	From         time.Time `json:"from"`
	To           time.Time `json:"to,omitzero"` // zero while it lasts
}

// measure notes that the box has this size from now on; 0 means it is gone.
func (c *cloud) measure(id, size int64, now time.Time) {
	for i, s := range c.Spans {
		if s.Subscription == id && s.To.IsZero() {
			if s.Size == size {
				return
			}
			c.Spans[i].To = now
		}
	}
	if size > 0 {
		c.Spans = append(c.Spans, span{Subscription: id, Size: size, From: now})
	}
}

// CollectUsage adds up what stood in the window. The event's id follows from
// subscription, meter and window, so asking twice counts once.
func (p *Provider) CollectUsage(_ context.Context, sub sdk.Subscription, from, to time.Time) ([]sdk.Usage, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	_, c, err := open(sub.Settings)
	if err != nil {
		return nil, err
	}
	used := new(big.Rat)
	for _, s := range c.Spans {
		if s.Subscription == sub.ID {
			used.Add(used, s.within(from, earlier(to, time.Now())))
		}
	}
	if used.Sign() == 0 {
		return nil, nil
	}
	id := fmt.Sprintf("%d/%s/%s/%s", sub.ID, meter, from.Format(time.RFC3339), to.Format(time.RFC3339))
	return []sdk.Usage{{EventID: id, Meter: meter, Quantity: used.FloatString(6), At: from}}, nil
}

// within is the span's part of the window [from, to), in litre-hours.
func (s span) within(from, to time.Time) *big.Rat {
	if s.From.After(from) {
		from = s.From
	}
	if !s.To.IsZero() {
		to = earlier(to, s.To)
	}
	if !from.Before(to) {
		return new(big.Rat)
	}
	hours := big.NewRat(int64(to.Sub(from)), int64(time.Hour))
	return hours.Mul(hours, new(big.Rat).SetInt64(s.Size))
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
