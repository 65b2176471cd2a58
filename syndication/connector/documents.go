package connector

import (
	"sync"
	"time"

	"github.com/fondaco/fondaco/core/account"
)

// Bounds of the documents that are kept.
const (
	documentsFor  = 10 * time.Second
	documentsKept = 10_000
	longLanguage  = 8 // longer languages are not kept: they are none
)

// documents keeps subscriptions as they were written, for connectors that read
// one again and again. A document is of a version of its subscription, which is
// asked for at every call, so any change is seen at once, whichever process
// made it. What has no version, such as the plan's price list, is seen after
// documentsFor.
type documents struct {
	mu   sync.Mutex
	kept map[documentKey]keptDocument
}

// documentKey is everything that a document depends on.
type documentKey struct {
	id, version int64
	viewer      account.Kind
	shape       version
	language    string
	preference  string
}

type keptDocument struct {
	raw   []byte
	until time.Time
}

func newDocuments() *documents { return &documents{kept: map[documentKey]keptDocument{}} }

func (d *documents) get(key documentKey, now time.Time) ([]byte, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	k, ok := d.kept[key]
	return k.raw, ok && now.Before(k.until)
}

func (d *documents) put(key documentKey, raw []byte, now time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.kept) >= documentsKept {
		d.forget(now)
	}
	d.kept[key] = keptDocument{raw: raw, until: now.Add(documentsFor)}
}

// forget drops what is over, and everything when that was nothing.
func (d *documents) forget(now time.Time) {
	for key, k := range d.kept {
		if !now.Before(k.until) {
			delete(d.kept, key)
		}
	}
	if len(d.kept) >= documentsKept {
		clear(d.kept)
	}
}

// shape is the newest version in which a subscription's types changed: all
// versions between two changes are answered alike.
func (v version) shape() version {
	switch {
	case v.since(parametersAsList):
		return parametersAsList
	case v.since(billingItemsAsList):
		return billingItemsAsList
	}
	return 0
}

// documentKey says where a subscription's document for the caller is kept. Not
// kept are those of customers: reading their credentials leaves a trace.
func (c *call) documentKey(id, of int64) (documentKey, bool) {
	k := documentKey{id: id, version: of, viewer: c.actor.Kind, shape: c.version.shape(), language: c.language, preference: c.preference()}
	kept := k.viewer != account.Customer && len(k.language) <= longLanguage && len(k.preference) <= len("deployment")
	return k, kept
}
