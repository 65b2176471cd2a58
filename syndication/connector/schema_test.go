package connector_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The types of the contract as the typed clients parse them: a value of another
// type fails their whole call. A type with ? may be absent or null.
//
//	int str bool dec date ref    one value; a ref is {"url":"resource/12"}
//	[x] {x}                      a list of x, a map from text to x
//	any                          whatever it is
type schema map[string]string

var (
	dateForm = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$`)
	refForm  = regexp.MustCompile(`^[a-zA-Z]+/[1-9]\d*(/metadata)?$`)
)

// conform checks a document field by field. Fields that the schema does not
// name are extra, which hurts no client, but a typo would hide there.
func conform(t *testing.T, what string, doc obj, s schema) {
	t.Helper()
	for _, name := range slices.Sorted(maps.Keys(s)) {
		kind, optional := strings.CutSuffix(s[name], "?")
		value, there := doc[name]
		if !there || value == nil {
			require.True(t, optional, "%s: %s is missing", what, name)
			continue
		}
		require.NoError(t, conforms(value, kind), "%s: %s", what, name)
	}
	for name := range doc {
		require.Contains(t, s, name, "%s: a field that no schema names", what)
	}
}

func conforms(value any, kind string) error {
	wrong := fmt.Errorf("%v (%T) is no %s", value, value, kind)
	switch v := value.(type) {
	case []any:
		if !strings.HasPrefix(kind, "[") {
			return wrong
		}
		for _, item := range v {
			if err := conforms(item, kind[1:len(kind)-1]); err != nil {
				return err
			}
		}
		return nil
	case obj:
		return conformsObject(v, kind, wrong)
	}
	text, isText := value.(string)
	number, isNumber := value.(json.Number)
	_, isBool := value.(bool)
	is := map[string]bool{"any": true, "str": isText, "date": isText && dateForm.MatchString(text), "bool": isBool,
		"dec": isNumber && !strings.ContainsAny(number.String(), "eE"), "int": isNumber && !strings.ContainsAny(number.String(), ".eE")}
	if !is[kind] {
		return wrong
	}
	return nil
}

func conformsObject(v obj, kind string, wrong error) error {
	switch {
	case kind == "any":
		return nil
	case kind == "ref":
		url, _ := v["url"].(string)
		if len(v) != 1 || !refForm.MatchString(url) {
			return wrong
		}
		return nil
	case strings.HasPrefix(kind, "{"):
		for _, item := range v {
			if err := conforms(item, kind[1:len(kind)-1]); err != nil {
				return err
			}
		}
		return nil
	}
	return wrong
}

// exact reads an answer with its numbers as they were written.
func (a answer) exact() obj {
	a.t.Helper()
	var v obj
	dec := json.NewDecoder(strings.NewReader(a.raw))
	dec.UseNumber()
	require.NoError(a.t, dec.Decode(&v), a.raw)
	return v
}

// versions are those whose shapes differ, and the absence of one.
var versions = []string{"", "20180101", "20220426", "20250109"}

func withVersion(path, version string) string {
	if version == "" {
		return path
	}
	return path + "?apiVersion=" + version
}

// subscriptionSchema is the contract's subscription in a version.
func subscriptionSchema(version string) schema {
	s := schema{"id": "int", "self": "str", "name": "str", "type": "str", "deploymentStatus": "str", "paid": "bool", "autoRenew": "bool",
		"startDate": "date?", "endDate": "date?", "createdAt": "date", "updatedAt": "date", "billingPeriod": "int",
		"billingPeriodStart": "date?", "lastInvoice": "date?", "billingPeriodEnd": "date?", "nextInvoice": "date?",
		"product": "ref", "productVersion": "ref", "company": "ref", "buyer": "ref", "userCompany": "ref", "reseller": "ref?",
		"orders": "[ref]", "invoices": "[ref]", "endpoints": "[any]", "syndicatedEndpoints": "[str]", "endUserInstructions": "str",
		"billingItems": "{dec}", "configurationParameters": "{str}", "availableOperations": "[any]", "deploymentLog": "[any]",
		"metadata": "ref", "virtualMachineInstance": "[ref]"}
	if version >= "20180504" {
		s["billingItems"] = "[any]"
	}
	if version >= "20220427" {
		s["configurationParameters"] = "[any]"
	}
	return s
}

func detailSchema(version string) schema {
	s := subscriptionSchema(version)
	maps.Copy(s, schema{"credentials": "[any]", "possibleUpgrades": "[ref]", "billingItemValues": "[any]", "oneshotCosts": "[any]",
		"recurringCosts": "[any]", "uptime": "int"})
	return s
}

func TestSchema_subscriptionInEveryVersion(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		path := subscriptionPath(w.sold(w.plan))
		w.give(path)
		for _, v := range versions {
			for _, role := range []string{"vendor", "customer", "operator"} {
				doc := w.as(role).get(withVersion(path, v)).want(200).exact()
				conform(t, role+" at "+v, doc, detailSchema(v))
				for _, e := range doc["endpoints"].([]any) {
					conform(t, "endpoint", e.(obj), schema{"id": "int", "endpoint": "str", "category": "str", "description": "str"})
				}
				for _, k := range doc["credentials"].([]any) {
					conform(t, "credential", k.(obj), schema{"key": "str", "value": "str?", "description": "str", "weight": "int"})
				}
				for _, o := range doc["availableOperations"].([]any) {
					conform(t, "operation", o.(obj), schema{"label": "str", "url": "str", "method": "str", "resourceType": "str", "actions": "[str]"})
				}
				w.conformItems(v, doc)
			}
			for _, item := range w.as("vendor").get(withVersion("subscription", v)).want(200).list() {
				raw, err := json.Marshal(item)
				require.NoError(t, err)
				conform(t, "list at "+v, answer{t: t, raw: string(raw)}.exact(), subscriptionSchema(v))
			}
		}
	})
}

func (w *world) conformItems(v string, doc obj) {
	if items, isList := doc["billingItems"].([]any); isList {
		require.Len(w.t, items, 1)
		conform(w.t, "item", items[0].(obj), schema{"billingItem": "ref", "identifier": "str", "unit": "str", "value": "dec?", "bought": "bool", "tag": "str?",
			"unlimited": "bool", "endpoint": "any?"})
	} else {
		require.Len(w.t, doc["billingItems"], 1, v)
	}
	if parameters, isList := doc["configurationParameters"].([]any); isList {
		require.NotEmpty(w.t, parameters)
		for _, p := range parameters {
			conform(w.t, "parameter", p.(obj), schema{"configurationParameter": "ref", "code": "str", "value": "str", "description": "str"})
		}
	} else {
		require.NotEmpty(w.t, doc["configurationParameters"], v)
	}
}

// give sets everything that a vendor gives.
func (w *world) give(path string) {
	w.t.Helper()
	v := w.as("vendor")
	v.post(path+"/endpoints", []obj{{"endpoint": "https://gondola.test/app", "category": "APP", "description": "The boat"},
		{"endpoint": "https://gondola.test/docs", "name": "DOCUMENTATION"}}).want(204)
	v.post(path+"/instructions", obj{"en": "Row.", "it": "Rema."}).want(204)
	v.post(path+"/credentials", []obj{{"key": "user", "value": "nina", "description": obj{"en": "Your name", "it": "Il tuo nome"}, "weight": 1},
		{"key": "password", "value": "s3cret-oar", "description": nil, "weight": 2}}).want(204)
}

func TestSchema_usersAndWhatOneIsToldWhenWrong(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o := w.sold(w.plan)
	user := schema{"id": "int", "self": "str", "userName": "str", "name": "str", "surname": "str", "fullName": "str", "email": "str", "language": "str",
		"userRole": "str", "company": "ref?", "userCompany": "ref?", "reseller": "ref?", "address": "any", "enabled": "bool", "activated": "bool",
		"acceptedTerms": "bool", "readOnly": "bool", "doNotTrack": "bool", "paymentDataSaved": "bool", "deleted": "bool", "creationDate": "date",
		"activationDate": "date", "canImpersonate": "[any]", "canCreate": "[any]", "metadata": "ref"}
	for _, v := range versions {
		for _, role := range []string{"vendor", "customer", "reseller", "operator"} {
			conform(t, role, w.as(role).get(withVersion("user/me", v)).want(200).exact(), user)
		}
		buyer := w.as("vendor").get(subscriptionPath(o)).want(200).object()["buyer"].(obj)["url"].(string)
		conform(t, "buyer", w.as("vendor").get(withVersion(buyer, v)).want(200).exact(), user)
		failure := w.as("vendor").patch(withVersion(subscriptionPath(o), v), obj{"deploymentStatus": "LAUNCHED"}).want(422).exact()
		conform(t, "failure", failure, schema{"errorHolders": "[any]", "errors": "[str]"})
		conform(t, "holder", failure["errorHolders"].([]any)[0].(obj), schema{"key": "str", "error": "str", "extraFields": "{str}", "requestId": "str"})
	}
}
