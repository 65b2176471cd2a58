package upstream

import (
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/fondaco/fondaco/core/fault"
)

const (
	stockItems  = 240  // items that are always there
	maxNewItems = 1000 // items that can be added; later ones replace none and are refused
)

type price struct {
	Amount   string `json:"amount"`
	Currency string `json:"currency"`
}

func euro(cents int) price { return price{fmt.Sprintf("%d.%02d", cents/100, cents%100), "EUR"} }

type item struct {
	ID          int     `json:"id"`
	Name        string  `json:"name"`
	Category    string  `json:"category"`
	Workshop    string  `json:"workshop"`
	Description string  `json:"description"`
	Price       price   `json:"price"`
	Stock       int     `json:"stock"`
	HeightCM    float64 `json:"heightCm,omitempty"`
	cents       int
}

type workshop struct {
	Key    string `json:"key"`
	Name   string `json:"name"`
	Island string `json:"island"`
	Craft  string `json:"craft"`
}

type orderLine struct {
	ItemID   int `json:"itemId"`
	Quantity int `json:"quantity"`
}

type order struct {
	ID     string      `json:"id"`
	Status string      `json:"status"`
	Lines  []orderLine `json:"lines"`
	Total  price       `json:"total"`
}

// shop is the stock of lagoon-shop: the same items always, and those that were
// added since the start.
type shop struct {
	workshops []workshop
	mu        sync.RWMutex
	items     []item // items[i] has the id i+1
	orders    map[string]order
}

func newShop() *shop {
	s := &shop{workshops: lagoonWorkshops(), orders: make(map[string]order)}
	for id := 1; id <= stockItems; id++ {
		s.items = append(s.items, stockItem(id, s.workshops))
	}
	return s
}

func lagoonWorkshops() []workshop {
	kinds := []workshop{
		{Key: "fornace", Name: "Fornace", Island: "Murano", Craft: "glass"},
		{Key: "merletti", Name: "Merletti", Island: "Burano", Craft: "lace"},
		{Key: "cartoleria", Name: "Cartoleria", Island: "Venezia", Craft: "paper"},
		{Key: "bottega", Name: "Bottega", Island: "Venezia", Craft: "wood"},
	}
	names := []string{"Tre Oche", "Santa Fosca", "del Pozzo", "Ca' Vecia", "delle Reti", "San Biagio", "al Ponte", "della Luna", "Barena", "Mazzorbo"}
	var list []workshop
	for _, name := range names {
		key := strings.NewReplacer(" ", "-", "'", "").Replace(strings.ToLower(name))
		for _, k := range kinds {
			list = append(list, workshop{k.Key + "-" + key, k.Name + " " + name, k.Island, k.Craft})
		}
	}
	return list
}

func stockItem(id int, workshops []workshop) item {
	w := workshops[(id-1)%len(workshops)]
	nouns := map[string][]string{
		"glass": {"goblet", "vase", "paperweight", "bowl", "candlestick"},
		"lace":  {"tablecloth", "collar", "bookmark", "runner", "handkerchief"},
		"paper": {"notebook", "album", "lampshade", "letter set", "box"},
		"wood":  {"oarlock", "frame", "tray", "model boat", "bench"},
	}[w.Craft]
	looks := []string{"Small blue", "Plain", "Large green", "Marbled", "Two-coloured", "Amber", "Festive", "Old-style"}
	look, noun := looks[pick(len(looks), "look", id)], nouns[pick(len(nouns), "noun", id)]
	cents := 900 + 50*pick(400, "price", id)
	return item{
		ID: id, Name: look + " " + noun, Category: w.Craft, Workshop: w.Key,
		Description: fmt.Sprintf("Made by hand at %s on %s. No two are the same.", w.Name, w.Island),
		Price:       euro(cents), cents: cents, Stock: pick(25, "stock", id), HeightCM: tenths(5 + float64(pick(400, "height", id))/10),
	}
}

func (s *shop) routes() routes {
	return routes{
		"GET /items":            s.list,
		"POST /items":           s.create,
		"GET /items/{id}":       s.show,
		"GET /items/{id}/price": s.showPrice,
		"GET /workshops":        func(*http.Request) (any, error) { return map[string]any{"workshops": s.workshops}, nil },
		"POST /orders":          s.order,
		"GET /orders/{orderId}": s.showOrder,
	}
}

func (s *shop) list(r *http.Request) (any, error) {
	limit, err := integer(r, "limit", 1, 100, 20)
	if err != nil {
		return nil, err
	}
	offset, err := integer(r, "offset", 0, 1_000_000, 0)
	if err != nil {
		return nil, err
	}
	q := r.URL.Query()
	s.mu.RLock()
	defer s.mu.RUnlock()
	found := []item{}
	for i := len(s.items) - 1; i >= 0; i-- {
		if s.items[i].matches(q.Get("category"), q.Get("workshop"), q.Get("q")) {
			found = append(found, s.items[i])
		}
	}
	page := found[min(offset, len(found)):min(offset+limit, len(found))]
	return map[string]any{"items": page, "total": len(found)}, nil
}

func (i item) matches(category, workshop, words string) bool {
	return (category == "" || i.Category == category) && (workshop == "" || i.Workshop == workshop) &&
		strings.Contains(strings.ToLower(i.Name), strings.ToLower(words))
}

// find returns the item of an id as it came in.
func (s *shop) find(id string) (item, error) {
	n, err := strconv.Atoi(id)
	s.mu.RLock()
	defer s.mu.RUnlock()
	if err != nil || n < 1 || n > len(s.items) {
		return item{}, fault.Newf(fault.NotFound, "There is no item %q.", id)
	}
	return s.items[n-1], nil
}

func (s *shop) show(r *http.Request) (any, error) { return asAny(s.find(r.PathValue("id"))) }

func (s *shop) showPrice(r *http.Request) (any, error) {
	i, err := s.find(r.PathValue("id"))
	return i.Price, err
}

func asAny[T any](v T, err error) (any, error) { return v, err }

var priceForm = regexp.MustCompile(`^([0-9]{1,6})\.([0-9]{2})$`)

func (s *shop) create(r *http.Request) (any, error) {
	in, err := body[struct {
		Name, Category, Workshop, Price string
		Stock                           *int
	}](r)
	if err != nil {
		return nil, err
	}
	var c fault.Check
	c.Need("name", in.Name)
	c.MaxLen("name", in.Name, 120)
	c.That(strings.Contains(" glass lace paper wood ", " "+in.Category+" "), "category", "The category has to be glass, lace, paper or wood.")
	c.That(s.hasWorkshop(in.Workshop), "workshop", "There is no such workshop; see the list of workshops.")
	form := priceForm.FindStringSubmatch(in.Price)
	c.That(form != nil, "price", "The price has to be written like 48.00.")
	stock := 1
	if in.Stock != nil {
		stock = *in.Stock
	}
	c.That(stock >= 0, "stock", "The stock cannot be negative.")
	if err := c.Err(); err != nil {
		return nil, err
	}
	cents, err := strconv.Atoi(form[1] + form[2])
	if err != nil {
		return nil, err
	}
	return s.add(item{Name: in.Name, Category: in.Category, Workshop: in.Workshop, Price: euro(cents), cents: cents, Stock: stock})
}

func (s *shop) hasWorkshop(key string) bool {
	for _, w := range s.workshops {
		if w.Key == key {
			return true
		}
	}
	return false
}

func (s *shop) add(i item) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.items) >= stockItems+maxNewItems {
		return nil, fault.InvalidField("name", "The demo's shelves are full. Start it again to empty them.")
	}
	i.ID = len(s.items) + 1
	s.items = append(s.items, i)
	return created{fmt.Sprintf("/items/%d", i.ID), i}, nil
}

func (s *shop) order(r *http.Request) (any, error) {
	in, err := body[struct{ Lines []orderLine }](r)
	if err != nil {
		return nil, err
	}
	if len(in.Lines) < 1 || len(in.Lines) > 50 {
		return nil, fault.InvalidField("lines", "An order has 1 to 50 lines.")
	}
	cents := 0
	for n, line := range in.Lines {
		i, err := s.find(strconv.Itoa(line.ItemID))
		if err != nil || line.Quantity < 1 || line.Quantity > 100 {
			return nil, fault.InvalidField(fmt.Sprintf("lines[%d]", n), fmt.Sprintf("Line %d needs an item that exists and a quantity from 1 to 100.", n+1))
		}
		cents += i.cents * line.Quantity
	}
	o := order{Status: "reserved", Lines: in.Lines, Total: euro(cents)}
	s.keep(&o)
	return created{"/orders/" + o.ID, o}, nil
}

// keep gives the order a number and remembers the last of them.
func (s *shop) keep(o *order) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.orders) >= maxNewItems {
		clear(s.orders)
	}
	for n := len(s.orders); o.ID == "" || s.orders[o.ID].ID != ""; n++ {
		o.ID = fmt.Sprintf("LS-%06d", 200_000+n)
	}
	s.orders[o.ID] = *o
}

var orderForm = regexp.MustCompile(`^LS-1[0-9]{5}$`)

// showOrder knows the orders of this run, and makes up those of the past
// (LS-100000 to LS-199999).
func (s *shop) showOrder(r *http.Request) (any, error) {
	id := r.PathValue("orderId")
	s.mu.RLock()
	o, known := s.orders[id]
	s.mu.RUnlock()
	if known {
		return o, nil
	}
	if !orderForm.MatchString(id) {
		return nil, fault.Newf(fault.NotFound, "There is no order %q.", id)
	}
	line := orderLine{1 + pick(stockItems, id), 1 + pick(3, id, "quantity")}
	i, err := s.find(strconv.Itoa(line.ItemID))
	status := []string{"reserved", "paid", "shipped"}[pick(3, id, "status")]
	return order{id, status, []orderLine{line}, euro(i.cents * line.Quantity)}, err
}
