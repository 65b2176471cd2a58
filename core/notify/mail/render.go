package mail

import (
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"regexp"
	"strings"
	texttemplate "text/template"

	"github.com/fondaco/fondaco/core/fault"
)

// Kind names a mail of the lifecycle; it is the name of its template.
type Kind string

// The kinds of mail. The comment says who gets it.
const (
	OrderReceived              Kind = "order_received"               // customer
	PaymentReceived            Kind = "payment_received"             // customer
	InvoiceIssued              Kind = "invoice_issued"               // customer
	CreditNoteIssued           Kind = "credit_note_issued"           // customer
	SubscriptionActive         Kind = "subscription_active"          // customer
	ProvisioningFailed         Kind = "provisioning_failed"          // customer
	ProvisioningFailedOperator Kind = "provisioning_failed_operator" // operator
	PlanChanged                Kind = "plan_changed"                 // customer
	PlanChangePlanned          Kind = "plan_change_planned"          // customer
	SubscriptionResized        Kind = "subscription_resized"         // customer
	ResizePlanned              Kind = "resize_planned"               // customer
	OrderCancelled             Kind = "order_cancelled"              // customer
	SubscriptionSuspended      Kind = "subscription_suspended"       // customer
	SubscriptionResumed        Kind = "subscription_resumed"         // customer
	SubscriptionTerminated     Kind = "subscription_terminated"      // customer
	ProductSubmitted           Kind = "product_submitted"            // operator
	ProductApproved            Kind = "product_approved"             // vendor
	ProductRejected            Kind = "product_rejected"             // vendor
	NewOrder                   Kind = "new_order"                    // vendor
	OrderAwaitsApproval        Kind = "order_awaits_approval"        // customer
	ApprovalRequested          Kind = "approval_requested"           // vendor, or reseller
	OrderApproved              Kind = "order_approved"               // customer
	OrderRejected              Kind = "order_rejected"               // customer
	SetupFailedVendor          Kind = "setup_failed_vendor"          // vendor
	ServiceToSetUp             Kind = "service_to_set_up"            // vendor
	ServiceToRemove            Kind = "service_to_remove"            // vendor
	DriftFound                 Kind = "drift_found"                  // operator
	ProviderDown               Kind = "provider_down"                // operator
	EndpointDisabled           Kind = "endpoint_disabled"            // who owns the endpoint
)

// Kinds returns every kind.
func Kinds() []Kind {
	return []Kind{
		OrderReceived, PaymentReceived, InvoiceIssued, CreditNoteIssued, SubscriptionActive, ProvisioningFailed, ProvisioningFailedOperator, PlanChanged,
		PlanChangePlanned, SubscriptionResized, ResizePlanned, OrderCancelled, SubscriptionSuspended, SubscriptionResumed, SubscriptionTerminated, ProductSubmitted, ProductApproved, ProductRejected, NewOrder,
		OrderAwaitsApproval, ApprovalRequested, OrderApproved, OrderRejected, SetupFailedVendor, ServiceToSetUp, ServiceToRemove, DriftFound, ProviderDown, EndpointDisabled,
	}
}

// Data is what the templates may say. Amounts and days come as they shall be
// read ("39.00 €", "1 March 2026"). Each kind needs some of it; Render names
// what is missing.
type Data struct {
	ID             string // of the message
	From, To       Address
	Marketplace    string // its name
	Product        string // its name
	Plan           string // its name; the new one for PlanChanged
	OldPlan        string
	Size           string // "CPU cores 8, Memory (GB) 16"; the new one
	Customer       string // the buyer's organization, for vendor and operator
	Vendor         string // the seller's organization, for operators
	OrderID        int64
	SubscriptionID int64
	InvoiceNumber  string
	Amount         string // with its currency
	Due            string // day the invoice is due
	When           string // day or time the change holds from
	Reason         string // why, in the words of who decided; may have several lines
	Example        string // the first command to try, one line
	Link           string // the page to go to
}

//go:embed templates
var templates embed.FS

const fallbackLanguage = "en"

// Render writes the mail of a kind in a language ("it", "it-IT"), in English
// when there are no words in that language. The error is an Internal fault
// that names a field of Data which the kind needs and that is empty, or an
// Invalid one for a wrong address or ID.
func Render(kind Kind, language string, d Data) (Message, error) {
	source, language, err := find(kind, language)
	if err != nil {
		return Message{}, err
	}
	words, err := execute(kind, source, d.clean())
	if err != nil {
		return Message{}, fault.New(fault.Internal, "A mail could not be written.").With("kind", kind).Because(err)
	}
	subject, text, _ := strings.Cut(words, "\n")
	m := Message{ID: d.ID, From: d.From.clean(), To: d.To.clean(), Subject: shorten(subject, maxSubject), Text: strings.TrimSpace(text) + "\n"}
	if m.HTML, err = HTML(language, m.Text); err != nil {
		return Message{}, fault.New(fault.Internal, "A mail could not be written.").With("kind", kind).Because(err)
	}
	return m, m.Validate()
}

// find returns the template of a kind in the nearest language there is.
func find(kind Kind, language string) (source, found string, err error) {
	base, _, _ := strings.Cut(strings.ToLower(language), "-")
	for _, l := range []string{base, fallbackLanguage} {
		b, err := templates.ReadFile("templates/" + l + "/" + string(kind) + ".txt")
		if err == nil {
			return string(b), l, nil
		}
		if !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrInvalid) {
			return "", "", fmt.Errorf("mail %s: %w", kind, err)
		}
	}
	return "", "", fault.Newf(fault.Internal, "There is no mail %q.", kind)
}

func execute(kind Kind, source string, d Data) (string, error) {
	t, err := texttemplate.New(string(kind)).Funcs(texttemplate.FuncMap{"need": need, "quote": quote}).Parse(source)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	err = t.Execute(&b, d)
	return b.String(), err
}

// need stops a template when a value it cannot do without is empty.
func need(name string, value any) (any, error) {
	if value == "" || value == int64(0) {
		return nil, fmt.Errorf("%s is empty", name)
	}
	return value, nil
}

// quote marks the words of somebody else, each line of them.
func quote(s string) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight("> "+flat(line), " ")
	}
	return strings.Join(lines, "\n")
}

// clean makes every value one line, but for the reason, which is quoted.
func (d Data) clean() Data {
	d.From, d.To = d.From.clean(), d.To.clean()
	for _, s := range []*string{
		&d.Marketplace, &d.Product, &d.Plan, &d.OldPlan, &d.Size, &d.Customer, &d.Vendor, &d.InvoiceNumber, &d.Amount, &d.Due, &d.When, &d.Example, &d.Link,
	} {
		*s = flat(*s)
	}
	return d
}

func (a Address) clean() Address {
	return Address{Name: shorten(flat(a.Name), maxName), Email: a.Email}
}

// flat makes s one line of valid text.
func flat(s string) string {
	s = strings.Map(func(r rune) rune {
		if unprintable(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
	return strings.Join(strings.Fields(s), " ")
}

func shorten(s string, limit int) string {
	runes := []rune(s)
	if len(runes) <= limit {
		return s
	}
	return string(runes[:limit-1]) + "…"
}

// paragraph is a piece of the HTML part.
type paragraph struct {
	Quote, Code bool
	Link        string
	Lines       []string
}

var loneLink = regexp.MustCompile(`^https?://\S+$`)

// paragraphs reads the plain conventions of the text: an empty line ends a
// paragraph, "> " quotes, four spaces are code, and an address that stands
// alone is a link. Addresses inside other text, which may come from outside,
// are never made links.
func paragraphs(text string) []paragraph {
	var all []paragraph
	for block := range strings.SplitSeq(strings.TrimSpace(text), "\n\n") {
		lines := strings.Split(block, "\n")
		p := paragraph{Lines: lines}
		switch {
		case strings.HasPrefix(block, ">"):
			p.Quote = true
		case strings.HasPrefix(block, "    "):
			p.Code = true
		case len(lines) == 1 && loneLink.MatchString(block):
			p.Link = block
		}
		for i := range lines {
			lines[i] = strings.TrimPrefix(strings.TrimPrefix(strings.TrimPrefix(lines[i], ">"), " "), "   ")
		}
		all = append(all, p)
	}
	return all
}

// HTML makes the HTML part of a text that Render wrote: for a mail of which
// the text was kept.
func HTML(language, text string) (string, error) {
	t, err := template.ParseFS(templates, "templates/message.html")
	if err != nil {
		return "", err
	}
	var b strings.Builder
	err = t.Execute(&b, map[string]any{"Language": language, "Paragraphs": paragraphs(text)})
	return b.String(), err
}
