package vcloud

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/vmware/go-vcloud-director/v2/types/v56"

	"github.com/fondaco/fondaco/plugins/document"
	"github.com/fondaco/fondaco/plugins/sdk"
)

// Inventory lists the organizations with our mark in all clouds of the
// settings.
func (p *Provider) Inventory(ctx context.Context, raw json.RawMessage) ([]sdk.Owned, error) {
	s, problems := parse(sdk.Subscription{Settings: raw})
	if len(problems) > 0 {
		return nil, problems.Err()
	}
	if document.Blank(raw) {
		return nil, sdk.Permanent("The settings of the clouds are missing.")
	}
	var out []sdk.Owned
	for _, name := range slices.Sorted(maps.Keys(s.settings.Clouds)) {
		var found []sdk.Owned
		err := p.with(ctx, s, *s.settings.Clouds[name], func(w *work) (err error) {
			found, err = w.inventory()
			return err
		})
		if err != nil {
			return nil, err
		}
		out = append(out, found...)
	}
	return out, nil
}

// inventory asks for the marked ones in one query. One of our names without
// the mark is either foreign or was interrupted right after its creation, so
// its description is read.
func (w *work) inventory() ([]sdk.Owned, error) {
	marked, err := query(w.client, types.QtOrg, "metadata@SYSTEM:"+keyMark+"==STRING:"+w.settings.Mark, orgRecords)
	if err != nil {
		return nil, err
	}
	named, err := query(w.client, types.QtOrg, "name=="+w.settings.Mark+"-*", orgRecords)
	if err != nil {
		return nil, err
	}
	known := map[string]bool{}
	var out []sdk.Owned
	for _, o := range marked {
		if id, ok := w.numberIn(o.Name); ok {
			known[o.HREF] = true
			out = append(out, owned(id, o))
		}
	}
	for _, o := range named {
		id, ok := w.numberIn(o.Name)
		if !ok || known[o.HREF] {
			continue
		}
		ours, err := w.described(o)
		if err != nil {
			return nil, err
		}
		if ours.mark == w.settings.Mark && ours.id == id {
			out = append(out, owned(id, o))
		}
	}
	return out, nil
}

func owned(id int64, o *types.QueryResultOrgRecordType) sdk.Owned {
	return sdk.Owned{SubscriptionID: id, Resources: []sdk.Resource{{Kind: "organization", ID: "urn:vcloud:org:" + uuid(o.HREF), Name: o.Name}}}
}

// numberIn is the subscription that an organization's name tells.
func (s sale) numberIn(name string) (int64, bool) {
	digits, ok := strings.CutPrefix(name, s.settings.Mark+"-")
	id, err := strconv.ParseInt(digits, 10, 64)
	return id, ok && err == nil && id > 0 && digits == strconv.FormatInt(id, 10)
}

func (w *work) described(o *types.QueryResultOrgRecordType) (marks, error) {
	var org types.AdminOrg
	_, err := w.vcd.Client.ExecuteRequest(w.cloud.api()+"/admin/org/"+uuid(o.HREF), "GET", "", "%s", nil, &org)
	return marksIn(org.Description), w.forgiven(err, "reading the organization %s", o.Name)
}
