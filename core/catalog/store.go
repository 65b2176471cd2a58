package catalog

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/fondaco/fondaco/core/page"
	"github.com/fondaco/fondaco/core/store"
)

const selectProduct = `SELECT p.id, p.vendor_id, o.name AS vendor, p.sku, p.type, p.name, p.category, p.short_description,
	p.description, p.content, p.upstream_url, p.auth_header_name, p.auth_header_value, p.syndication_url,
	p.syndication_secret, p.configuration, p.configuration_sealed, p.drift_policy, p.subscription_approval, p.status, p.review_note, p.created_at, p.updated_at, p.published_at, p.metadata
	FROM product p JOIN organization o ON o.id = p.vendor_id WHERE p.marketplace_id = ?`

func insertProduct(ctx context.Context, tx *store.Tx, p Product) (int64, error) {
	content, err := json.Marshal(p.Content)
	if err != nil {
		return 0, fmt.Errorf("product content: %w", err)
	}
	return tx.Insert(ctx, `INSERT INTO product (marketplace_id, vendor_id, sku, type, name, category, short_description,
		description, content, upstream_url, auth_header_name, auth_header_value, syndication_url, syndication_secret,
		configuration, configuration_sealed, drift_policy, subscription_approval, status, search_text, created_at, updated_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		tx.Marketplace(), p.VendorID, p.SKU, p.Type, p.Name, p.Category, p.ShortDescription, p.Description, string(content),
		p.UpstreamURL, p.AuthHeaderName, p.AuthHeaderSealed, p.SyndicationURL, p.SyndicationKey,
		p.Configuration, p.ConfigurationSealed, p.DriftPolicy, p.SubscriptionApproval, p.Status, searchText(p), tx.Now(), tx.Now())
}

func updateProduct(ctx context.Context, tx *store.Tx, p Product) error {
	content, err := json.Marshal(p.Content)
	if err != nil {
		return fmt.Errorf("product content: %w", err)
	}
	_, err = tx.Exec(ctx, `UPDATE product SET name = ?, category = ?, short_description = ?, description = ?, content = ?,
		upstream_url = ?, auth_header_name = ?, auth_header_value = ?, syndication_url = ?, syndication_secret = ?,
		configuration = ?, configuration_sealed = ?, drift_policy = ?, subscription_approval = ?, status = ?, review_note = ?, search_text = ?, updated_at = ?, published_at = ? WHERE marketplace_id = ? AND id = ?`,
		p.Name, p.Category, p.ShortDescription, p.Description, string(content), p.UpstreamURL, p.AuthHeaderName, p.AuthHeaderSealed,
		p.SyndicationURL, p.SyndicationKey, p.Configuration, p.ConfigurationSealed, p.DriftPolicy, p.SubscriptionApproval, p.Status, p.ReviewNote, searchText(p), tx.Now(), p.PublishedAt, tx.Marketplace(), p.ID)
	return err
}

// SetSyndication writes where events of the product go, with the secret sealed
// for SealSyndication, when it was changed at the product's endpoint.
func SetSyndication(ctx context.Context, tx *store.Tx, product int64, url string, sealed []byte) error {
	_, err := tx.Exec(ctx, `UPDATE product SET syndication_url = ?, syndication_secret = ? WHERE marketplace_id = ? AND id = ?`,
		url, sealed, tx.Marketplace(), product)
	return err
}

func searchText(p Product) string {
	return strings.ToLower(strings.Join([]string{p.Name, p.SKU, p.Category, p.ShortDescription, p.Description}, " "))
}

// ProductByID reads a product for other nouns, without asking who wants to know.
func ProductByID(ctx context.Context, tx *store.Tx, id int64) (p Product, err error) {
	return p, tx.Get(ctx, "product", &p, selectProduct+` AND p.id = ?`, tx.Marketplace(), id)
}

// LockProduct reads a product of which something will be changed in this
// transaction, without asking who wants to.
func LockProduct(ctx context.Context, tx *store.Tx, id int64) (Product, error) {
	var locked int64
	err := tx.Get(ctx, "product", &locked, `SELECT id FROM product WHERE marketplace_id = ? AND id = ?`+tx.ForUpdate(), tx.Marketplace(), id)
	if err != nil {
		return Product{}, err
	}
	return ProductByID(ctx, tx, id)
}

func productBySKU(ctx context.Context, tx *store.Tx, sku string) (p Product, err error) {
	return p, tx.Get(ctx, "product", &p, selectProduct+` AND p.sku = ?`, tx.Marketplace(), sku)
}

// Filter narrows a list of products; zero values do not.
type Filter struct {
	Query    string
	Category string
	VendorID int64
	Status   Status
	sku      string
	reseller int64 // only what it sells
}

func products(ctx context.Context, tx *store.Tx, f Filter, req page.Request) (page.Page[Product], error) {
	before, err := req.Before()
	if err != nil {
		return page.Page[Product]{}, err
	}
	where, args := " AND p.id < ?", []any{tx.Marketplace(), before}
	add := func(clause string, arg any) { where, args = where+clause, append(args, arg) }
	for word := range strings.FieldsSeq(strings.ToLower(f.Query)) {
		add(` AND p.search_text LIKE ? ESCAPE '\'`, "%"+escapeLike.Replace(word)+"%")
	}
	if f.Category != "" {
		add(" AND p.category = ?", f.Category)
	}
	if f.VendorID != 0 {
		add(" AND p.vendor_id = ?", f.VendorID)
	}
	if f.Status != "" {
		add(" AND p.status = ?", f.Status)
	}
	if f.sku != "" {
		add(" AND p.sku = ?", f.sku)
	}
	if f.reseller != 0 {
		add(sold, f.reseller)
	}
	var rows []Product
	err = tx.Select(ctx, &rows, selectProduct+where+" ORDER BY p.id DESC LIMIT ?", append(args, req.Size()+1)...)
	return page.Cut(req, rows, func(p Product) int64 { return p.ID }), err
}

var escapeLike = strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`)

// Facet is a category with the number of published products in it.
type Facet struct {
	Category string `db:"category" json:"category"`
	Products int    `db:"products" json:"products"`
}

func facets(ctx context.Context, tx *store.Tx, reseller int64) (all []Facet, err error) {
	where, args := "", []any{tx.Marketplace(), Published}
	if reseller != 0 {
		where, args = sold, append(args, reseller)
	}
	return all, tx.Select(ctx, &all, `SELECT category, COUNT(*) AS products FROM product p
		WHERE p.marketplace_id = ? AND p.status = ?`+where+` GROUP BY category ORDER BY category`, args...)
}

func insertEndpoint(ctx context.Context, tx *store.Tx, product int64, in EndpointInput) (int64, error) {
	return tx.Insert(ctx, `INSERT INTO endpoint (marketplace_id, product_id, identifier, name, description, method, path, created_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?)`, tx.Marketplace(), product, in.Identifier, in.Name, in.Description, in.Method, in.Path, tx.Now())
}

func updateEndpoint(ctx context.Context, tx *store.Tx, id int64, in EndpointInput) error {
	_, err := tx.Exec(ctx, `UPDATE endpoint SET name = ?, description = ?, method = ?, path = ? WHERE marketplace_id = ? AND id = ?`,
		in.Name, in.Description, in.Method, in.Path, tx.Marketplace(), id)
	return err
}

// EndpointsOf reads a product's endpoints in the order they were added.
func EndpointsOf(ctx context.Context, tx *store.Tx, product int64) (all []Endpoint, err error) {
	return all, tx.Select(ctx, &all, `SELECT id, product_id, identifier, name, description, method, path
		FROM endpoint WHERE marketplace_id = ? AND product_id = ? ORDER BY id`, tx.Marketplace(), product)
}

func insertPlan(ctx context.Context, tx *store.Tx, product int64, in PlanInput) (int64, error) {
	return tx.Insert(ctx, `INSERT INTO plan (marketplace_id, product_id, name, identifier, position, hidden, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)`,
		tx.Marketplace(), product, in.Name, in.identifier(), in.Position, in.Hidden, tx.Now())
}

// revise adds what a plan contains now, and gives ids to what it prices.
func revise(ctx context.Context, tx *store.Tx, product int64, r Revision) error {
	if err := keepItems(ctx, tx, product, r.Content.items()); err != nil {
		return err
	}
	_, err := insertRevision(ctx, tx, r)
	return err
}

// insertRevision numbers the revision after all others of its plan, whoever's
// they are.
func insertRevision(ctx context.Context, tx *store.Tx, r Revision) (int64, error) {
	raw, err := json.Marshal(r.Content)
	if err != nil {
		return 0, fmt.Errorf("plan content: %w", err)
	}
	return tx.Insert(ctx, `INSERT INTO plan_revision (marketplace_id, plan_id, number, content, reseller_id, source_id, excluded, created_at)
		VALUES (?, ?, (SELECT COALESCE(MAX(number), 0) + 1 FROM plan_revision WHERE plan_id = ?), ?, ?, ?, ?, ?)`,
		tx.Marketplace(), r.PlanID, r.PlanID, string(raw), r.ResellerID, r.SourceID, r.Excluded, tx.Now())
}

// planRow is a plan joined with its newest revision.
type planRow struct {
	ID         int64       `db:"id"`
	ProductID  int64       `db:"product_id"`
	Name       string      `db:"name"`
	Position   int         `db:"position"`
	Hidden     bool        `db:"hidden"`
	Identifier string      `db:"identifier"`
	Metadata   Metadata    `db:"metadata"`
	RevisionID int64       `db:"revision_id"`
	Number     int         `db:"number"`
	Content    PlanContent `db:"content"`
	RevisedAt  time.Time   `db:"revised_at"`
	ResellerID *int64      `db:"reseller_id"`
	SourceID   *int64      `db:"source_id"`
	Excluded   bool        `db:"excluded"`
}

func (r planRow) plan() Plan {
	return Plan{ID: r.ID, ProductID: r.ProductID, Name: r.Name, Position: r.Position, Hidden: r.Hidden, Identifier: r.Identifier, Metadata: r.Metadata,
		Revision: Revision{ID: r.RevisionID, PlanID: r.ID, Number: r.Number, Content: r.Content, CreatedAt: r.RevisedAt,
			ResellerID: r.ResellerID, SourceID: r.SourceID, Excluded: r.Excluded}}
}

// newest is the number of the revision of plan pl that a reseller sells, which
// is its only argument: its own, or the marketplace's.
const newest = `COALESCE((SELECT MAX(n.number) FROM plan_revision n WHERE n.plan_id = pl.id AND n.reseller_id = ?),
	(SELECT MAX(n.number) FROM plan_revision n WHERE n.plan_id = pl.id AND n.reseller_id IS NULL))`

const selectPlan = `SELECT pl.id, pl.product_id, pl.name, pl.position, pl.hidden, pl.identifier, pl.metadata, r.id AS revision_id, r.number, r.content,
	r.created_at AS revised_at, r.reseller_id, r.source_id, r.excluded FROM plan pl JOIN plan_revision r ON r.plan_id = pl.id
	AND r.number = ` + newest + ` WHERE pl.marketplace_id = ?`

// PlanByID reads a plan with the newest of the marketplace's own revisions.
func PlanByID(ctx context.Context, tx *store.Tx, id int64) (Plan, error) {
	return PlanSoldBy(ctx, tx, id, 0)
}

// PlansOf reads the plans of several products, with the marketplace's own
// revisions, in page order, by product.
func PlansOf(ctx context.Context, tx *store.Tx, products ...int64) (map[int64][]Plan, error) {
	return plansSoldBy(ctx, tx, 0, products)
}

// RevisionByID reads a revision that somebody bought.
func RevisionByID(ctx context.Context, tx *store.Tx, id int64) (r Revision, err error) {
	return r, tx.Get(ctx, "plan revision", &r, `SELECT id, plan_id, number, content, created_at, reseller_id, source_id, excluded FROM plan_revision
		WHERE marketplace_id = ? AND id = ?`, tx.Marketplace(), id)
}
