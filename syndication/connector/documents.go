package connector

import (
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/recent"
)

// Bounds of the documents that are kept.
const (
	documentsFor  = 10 * time.Second
	documentsKept = 10_000
	longLanguage  = 8 // longer languages are not kept: they are none
)

// documentKey is everything that a document depends on.
type documentKey struct {
	id, version int64
	viewer      account.Kind
	shape       version
	language    string
	preference  string
}

// documents keeps subscriptions as they were written, for connectors that read
// one again and again. A document is of a version of its subscription, which is
// asked for at every call, so any change is seen at once, whichever process
// made it. What has no version, such as the plan's price list, is seen after
// documentsFor.
type documents = recent.Map[documentKey, []byte]

func newDocuments() *documents { return recent.New[documentKey, []byte](documentsKept, documentsFor) }

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
