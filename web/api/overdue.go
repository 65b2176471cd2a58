package api

import (
	"context"
	"net/http"

	"github.com/fondaco/fondaco/core/account"
)

// overdueRules are read and written in the same shape.
type overdueRules struct {
	StopDays         *int `json:"stopDays" doc:"Days after its due date a subscription is suspended whose invoice is open; null: never." example:"2"`
	EndDays          *int `json:"endDays" doc:"Days after that it ends; null: never." example:"3"`
	FirstPaymentDays *int `json:"firstPaymentDays" doc:"Days after the due date of a first invoice an order is given up; null: never." example:"14"`
}

func viewOverdue(o account.Overdue) overdueRules {
	return overdueRules{StopDays: o.StopDays, EndDays: o.EndDays, FirstPaymentDays: o.FirstPaymentDays}
}

func (s *server) overdueRoutes() {
	register(s, route{method: http.MethodGet, path: "/overdue-rules", id: "getOverdueRules", tag: "Invoices", summary: "Read what open invoices come to"}, s.getOverdueRules)
	register(s, route{method: http.MethodPut, path: "/overdue-rules", id: "setOverdueRules", tag: "Invoices", summary: "Say what open invoices come to",
		description: "For operators. Paying everything that is overdue resumes a subscription that was suspended for it.",
		example:     `{"stopDays":2,"endDays":3,"firstPaymentDays":14}`}, s.setOverdueRules)
}

func (s *server) getOverdueRules(ctx context.Context, actor account.Actor, _ *struct{}) (*reply[overdueRules], error) {
	o, err := s.Accounts.OverdueRules(ctx, actor)
	return answer(o, err, viewOverdue)
}

func (s *server) setOverdueRules(ctx context.Context, actor account.Actor, in *struct{ Body body[overdueRules] }) (*reply[overdueRules], error) {
	r, err := read(&in.Body, same[overdueRules])
	if err != nil {
		return nil, err
	}
	o, err := s.Accounts.SetOverdueRules(ctx, actor, account.Overdue{StopDays: r.StopDays, EndDays: r.EndDays, FirstPaymentDays: r.FirstPaymentDays})
	return answer(o, err, viewOverdue)
}
