package openstack

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/gophercloud/gophercloud/v2"
)

// maxPages bounds a list whose pages never end.
const maxPages = 10_000

// api is one service of a cloud: addresses are relative to its endpoint.
type api struct{ client *gophercloud.ServiceClient }

func (a api) get(ctx context.Context, path string, answer any) (*http.Response, error) {
	return a.client.Get(ctx, a.address(path), answer, &gophercloud.RequestOpts{OkCodes: []int{200}})
}

func (a api) post(ctx context.Context, path string, body, answer any) error {
	return drain(a.client.Post(ctx, a.address(path), body, answer, &gophercloud.RequestOpts{OkCodes: []int{200, 201, 202, 204}}))
}

func (a api) put(ctx context.Context, path string, body, answer any) error {
	return drain(a.client.Put(ctx, a.address(path), body, answer, &gophercloud.RequestOpts{OkCodes: []int{200, 201, 204}}))
}

func (a api) patch(ctx context.Context, path string, body any, header map[string]string) error {
	return drain(a.client.Patch(ctx, a.address(path), body, nil, &gophercloud.RequestOpts{OkCodes: []int{200}, MoreHeaders: header}))
}

func (a api) delete(ctx context.Context, path string) error {
	return drain(a.client.Delete(ctx, a.address(path), &gophercloud.RequestOpts{OkCodes: []int{200, 202, 204}}))
}

// address takes the whole addresses that lists give for their next page, too.
func (a api) address(path string) string {
	if strings.HasPrefix(path, "http://") || strings.HasPrefix(path, "https://") {
		return path
	}
	return a.client.Endpoint + path
}

// drain closes an answer that nobody reads.
func drain(r *http.Response, err error) error {
	if r != nil && r.Body != nil {
		_ = r.Body.Close() // closed already where it was read
	}
	return err
}

// list reads every page of what is under key. Services name the next page in
// three ways: Nova and Cinder "servers_links", Neutron "ports_links", Keystone
// "links", Glance "next".
func list[T any](ctx context.Context, a api, path, key string) ([]T, error) {
	var out []T
	for range maxPages {
		var answer map[string]json.RawMessage
		if _, err := a.get(ctx, path, &answer); err != nil {
			return nil, err
		}
		raw, ok := answer[key]
		if !ok {
			return nil, errUnreadable
		}
		var page []T
		if err := json.Unmarshal(raw, &page); err != nil {
			return nil, err
		}
		out = append(out, page...)
		next := nextPage(answer, key)
		if next == "" || len(page) == 0 {
			return out, nil
		}
		path = next
		if strings.HasPrefix(next, "/") { // Glance leaves out the host
			path = strings.TrimSuffix(a.client.Endpoint, "/") + next
		}
	}
	return nil, errUnreadable
}

func nextPage(answer map[string]json.RawMessage, key string) string {
	var links []struct{ Rel, Href string }
	if json.Unmarshal(answer[key+"_links"], &links) == nil {
		for _, l := range links {
			if l.Rel == "next" {
				return l.Href
			}
		}
	}
	var named struct{ Next string }
	if json.Unmarshal(answer["links"], &named) == nil && named.Next != "" {
		return named.Next
	}
	var next string
	_ = json.Unmarshal(answer["next"], &next) // absent on the last page
	return next
}
