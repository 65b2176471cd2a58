package portal

import (
	"net/http"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/web/portal/ui"
)

// signInRoutes are the ways in and out.
func (p *Portal) signInRoutes() []route {
	return []route{
		get("/sign-in", ui.SignIn, "", p.signInPage),
		post("/sign-in", ui.SignIn, "", p.signIn),
		get("/sign-up", ui.SignIn, "", p.signUpPage),
		post("/sign-up", ui.SignIn, "", p.signUp),
		post("/sign-out", ui.SignIn, "", p.signOut),
		post("/preferences", ui.SignIn, "", p.preferences),
	}
}

// signInData is the data of pages "account/sign-in" and "account/sign-up".
type signInData struct {
	ui.Page
	Form   ui.Form
	Return string
	Demo   []DemoUser
	Wants  []ui.Option
}

func (v *visit) signInData(title string) signInData {
	d := signInData{Page: v.base(title), Return: ui.LocalPath(v.r.FormValue("return"))}
	if v.market.Sandbox {
		d.Demo = v.DemoUsers
	}
	if v.shop.ResellerID != 0 {
		return d // on a storefront everybody comes to buy
	}
	d.Wants = []ui.Option{{Value: "buy", Label: "Use products", Hint: "Order in the catalog, pay and call."},
		{Value: "sell", Label: "Sell products", Hint: "Bring an API, set prices, send it for review."}}
	return d
}

func (p *Portal) signInPage(v *visit) error {
	if v.actor.UserID != 0 {
		return v.redirect(v.onwards())
	}
	return v.render(http.StatusOK, "account/sign-in", v.signInData("Sign in"))
}

func (p *Portal) signIn(v *visit) error {
	actor, err := p.Accounts.SignIn(v.r.Context(), v.market.ID, v.form("email"), v.form("password"))
	if err != nil {
		return v.notSignedIn(err)
	}
	if err := v.signIn(actor); err != nil {
		return err
	}
	return v.redirect(v.onwards())
}

// notSignedIn gives the form back: who could not be known is told there, not
// sent around in a circle.
func (v *visit) notSignedIn(err error) error {
	status, ok := refused(err)
	if fault.Is(err, fault.Unauthenticated) {
		status, ok = http.StatusUnprocessableEntity, true
	}
	if !ok {
		return err
	}
	d := v.signInData("Sign in")
	d.Form = ui.FormError(v.r.PostForm, err)
	return v.render(status, "account/sign-in", d)
}

// onwards is where the person wanted to go, or where they work.
func (v *visit) onwards() string {
	if back := ui.LocalPath(v.r.FormValue("return")); back != "/" {
		return back
	}
	return home(v.actor)
}

func (p *Portal) signUpPage(v *visit) error {
	if v.actor.UserID != 0 {
		return v.redirect(v.onwards())
	}
	return v.render(http.StatusOK, "account/sign-up", v.signInData("Create an account"))
}

func (p *Portal) signUp(v *visit) error {
	ctx := v.r.Context()
	in := account.SignUpInput{Company: v.form("company"), Name: v.form("name"), Email: v.form("email"),
		Password: v.form("password"), Vendor: v.form("wants") == "sell", ResellerID: v.shop.ResellerID}
	user, err := p.Accounts.SignUp(ctx, v.market.ID, in)
	if err != nil {
		status, ok := refused(err)
		if !ok {
			return err
		}
		d := v.signInData("Create an account")
		d.Form = ui.FormError(v.r.PostForm, err)
		return v.render(status, "account/sign-up", d)
	}
	actor, err := p.Accounts.ActorOf(ctx, v.market.ID, user.ID)
	if err != nil {
		return err
	}
	if err := v.signIn(actor); err != nil {
		return err
	}
	return v.done(v.onwards(), "Your account is ready.")
}

func (p *Portal) signOut(v *visit) error {
	if err := v.signOut(); err != nil {
		return err
	}
	return v.redirect("/")
}

// preferences keeps the theme for browsers without JavaScript.
func (p *Portal) preferences(v *visit) error {
	ui.Preferences(v.w, v.r)
	return nil
}
