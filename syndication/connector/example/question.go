package example

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
)

// question is what the marketplace asks before it sells: may this be ordered,
// changed or ended, and what may be chosen.
type question struct {
	OrderType               string            `json:"orderType"`      // NORMAL, SYNDICATED_UPGRADE, TERMINATION, UNSUBSCRIBE, ...
	SubscriptionID          int               `json:"subscriptionId"` // of a change and an end
	ConfigurationParameters map[string]string `json:"configurationParameters"`
	ConfigurationParameter  string            `json:"configurationParameter"` // the one whose values are asked for
	Language                string            `json:"language"`
}

// regions are where a wiki may live.
var regions = []object{{"value": "venezia", "description": "Venezia"}, {"value": "frankfurt", "description": "Frankfurt am Main"}}

// validate answers 204 to what may be done, and reasons to what may not.
func (c *Connector) validate(w http.ResponseWriter, r *http.Request) {
	q, ok := ask(w, r)
	if !ok {
		return
	}
	address := q.ConfigurationParameters["address"]
	ends := q.OrderType == "TERMINATION" || q.OrderType == "UNSUBSCRIBE"
	if ends || !c.wikis.taken(address, q.SubscriptionID) {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	message := "The address %s is taken. Choose another."
	if q.Language == "it" {
		message = "L'indirizzo %s è già in uso. Scegline un altro."
	}
	answer(w, object{"errors": []object{{"message": fmt.Sprintf(message, address)}}})
}

// values answers what a parameter may be. null would allow anything, an empty
// list nothing.
func (c *Connector) values(w http.ResponseWriter, r *http.Request) {
	q, ok := ask(w, r)
	if !ok {
		return
	}
	if q.ConfigurationParameter == "region" {
		answer(w, object{"values": regions})
		return
	}
	answer(w, object{"values": nil})
}

// views is a metric: how often a wiki was opened since it exists. The
// marketplace asks again and again and bills the difference.
func (c *Connector) views(w http.ResponseWriter, r *http.Request) {
	id, _ := strconv.Atoi(r.Header.Get("CD-Subscription-Id"))
	wiki, ok := c.wikis.get(id)
	if !ok {
		http.NotFound(w, r)
		return
	}
	answer(w, object{"value": wiki.Views})
}

func ask(w http.ResponseWriter, r *http.Request) (q question, ok bool) {
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20)).Decode(&q); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return q, false
	}
	return q, true
}

func answer(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(value) // a client that went away needs no answer
}
