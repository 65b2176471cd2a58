package portal

import (
	"net/http"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/secret"
	"github.com/fondaco/fondaco/web/portal/ui"
)

// invitationRoutes are where an invited person chooses a password.
func (p *Portal) invitationRoutes() []route {
	return []route{
		get("/invitation/{token}", ui.SignIn, "", p.invitationPage),
		post("/invitation/{token}", ui.SignIn, "", p.acceptInvitation),
	}
}

// invitationData is the data of page "account/invitation".
type invitationData struct {
	ui.Page
	Form    ui.Form
	Invited account.Invitation
}

func (v *visit) invitationData() (invitationData, error) {
	invited, err := v.Accounts.Invitation(v.r.Context(), v.market.ID, secret.Text(v.param("token")))
	d := invitationData{Page: v.base("Welcome"), Invited: invited}
	d.Title = v.words.T("Welcome to %s", d.Marketplace.Name)
	return d, err
}

func (p *Portal) invitationPage(v *visit) error {
	d, err := v.invitationData()
	if err != nil {
		return err
	}
	return v.render(http.StatusOK, "account/invitation", d)
}

func (p *Portal) acceptInvitation(v *visit) error {
	d, err := v.invitationData()
	if err != nil {
		return err
	}
	actor, err := p.Accounts.Accept(v.r.Context(), v.market.ID, secret.Text(v.param("token")), v.form("password"))
	if err != nil {
		status, ok := refused(err)
		if !ok {
			return err
		}
		d.Form = ui.FormError(v.r.PostForm, err)
		return v.render(status, "account/invitation", d)
	}
	if err := v.signIn(actor); err != nil {
		return err
	}
	return v.done(home(v.actor), "Your account is ready.")
}
