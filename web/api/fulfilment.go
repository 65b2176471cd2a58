package api

import (
	"context"
	"net/http"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/fulfilment"
	"github.com/fondaco/fondaco/core/secret"
	"github.com/fondaco/fondaco/core/subscription"
)

type reportRequest struct {
	Status  fulfilment.Status `json:"status" enum:"deployed,failed,undeployed" example:"deployed"`
	Message string            `json:"message,omitempty" doc:"For people: why, when it failed."`
}

type givenEndpointsRequest struct {
	Endpoints []givenEndpointRequest `json:"endpoints" nullable:"false"`
}

type givenEndpointRequest struct {
	URL         string              `json:"url" example:"https://acme.hosting.example.com"`
	Category    fulfilment.Category `json:"category,omitempty" enum:"APP,PASSWORD_RESET,DOCUMENTATION,VIDEO" doc:"APP when it is left out. One of the addresses is an APP."`
	Description string              `json:"description,omitempty"`
}

func (r givenEndpointsRequest) input(*fault.Check) []fulfilment.EndpointInput {
	return views(r.Endpoints, func(e givenEndpointRequest) fulfilment.EndpointInput {
		return fulfilment.EndpointInput{URL: e.URL, Category: e.Category, Description: e.Description}
	})
}

type instructionsRequest struct {
	Instructions map[string]string `json:"instructions" doc:"Text by language."`
}

func (r instructionsRequest) input(*fault.Check) map[string]string { return r.Instructions }

type givenCredentialsRequest struct {
	Credentials []givenCredentialRequest `json:"credentials" nullable:"false"`
}

type givenCredentialRequest struct {
	Key         string            `json:"key" doc:"Unique; CredentialsFile for lines that are shown as they are." example:"password"`
	Value       string            `json:"value,omitempty" doc:"Kept encrypted. Only the customer reads it again."`
	Description map[string]string `json:"description,omitempty" doc:"Text by language."`
	Weight      int               `json:"weight,omitempty" doc:"The lightest is shown first."`
}

func (r givenCredentialsRequest) input(*fault.Check) []fulfilment.CredentialInput {
	return views(r.Credentials, func(c givenCredentialRequest) fulfilment.CredentialInput {
		return fulfilment.CredentialInput{Key: c.Key, Value: secret.Text(c.Value), Description: c.Description, Weight: c.Weight}
	})
}

const fulfilmentPath = "/subscriptions/{id}/fulfilment"

func (s *server) fulfilmentRoutes() {
	register(s, route{method: http.MethodPost, path: fulfilmentPath, id: "reportFulfilment", tag: "Fulfilment", summary: "Report what was set up or removed",
		description: "For the vendor of a product that it sets up itself: deployed when it can be used, failed when it cannot be set up, undeployed when all was removed. " +
			"What is so already is accepted and changes nothing. What cannot be, such as deployed before payment, is a conflict that says why.",
		example: `{"status":"deployed"}`}, s.reportFulfilment)
	register(s, route{method: http.MethodPut, path: fulfilmentPath + "/endpoints", id: "setAddresses", tag: "Fulfilment", summary: "Give the customer addresses",
		description: "In place of those given before.", example: `{"endpoints":[{"url":"https://acme.hosting.example.com"}]}`}, given(s, givenEndpointsRequest.input, s.Fulfilment.SetEndpoints))
	register(s, route{method: http.MethodPut, path: fulfilmentPath + "/instructions", id: "setInstructions", tag: "Fulfilment", summary: "Give the customer instructions",
		description: "By language, in place of those given before.", example: `{"instructions":{"en":"Sign in with your e-mail address."}}`}, given(s, instructionsRequest.input, s.Fulfilment.SetInstructions))
	register(s, route{method: http.MethodPut, path: fulfilmentPath + "/credentials", id: "setCredentials", tag: "Fulfilment", summary: "Give the customer credentials",
		description: "In place of those given before. You never read their values again.", example: `{"credentials":[{"key":"password","value":"s3cret"}]}`}, given(s, givenCredentialsRequest.input, s.Fulfilment.SetCredentials))
}

func (s *server) reportFulfilment(ctx context.Context, actor account.Actor, in *struct {
	ByID
	Body body[reportRequest]
}) (*reply[accessView], error) {
	r, err := read(&in.Body, func(r reportRequest, _ *fault.Check) fulfilment.Report {
		return fulfilment.Report{Status: r.Status, Message: r.Message}
	})
	if err != nil {
		return nil, err
	}
	return s.afterwards(ctx, actor, in.ID, s.Fulfilment.Report(ctx, actor, in.ID, r))
}

// givenIn is the input of what a vendor gives.
type givenIn[T any] struct {
	ByID
	Body body[T]
}

// given hands what a vendor gives to the service, and answers with what the
// subscription is then.
func given[T, I any](s *server, input func(T, *fault.Check) I, set func(context.Context, account.Actor, int64, I) error) handleFunc[givenIn[T], reply[accessView]] {
	return func(ctx context.Context, actor account.Actor, in *givenIn[T]) (*reply[accessView], error) {
		all, err := read(&in.Body, input)
		if err != nil {
			return nil, err
		}
		return s.afterwards(ctx, actor, in.ID, set(ctx, actor, in.ID, all))
	}
}

// afterwards is the subscription after a change.
func (s *server) afterwards(ctx context.Context, actor account.Actor, id int64, err error) (*reply[accessView], error) {
	if err != nil {
		return nil, err
	}
	sub, err := s.Subscriptions.Get(ctx, actor, id)
	return s.withAccess(ctx, actor, sub, err)
}

// metadataIn names one entry of a subscription's metadata.
type metadataIn struct {
	ByID
	Name string `path:"name" example:"customerNumber"`
}

const metadataPath = "/subscriptions/{id}/metadata"

func (s *server) metadataRoutes() {
	register(s, route{method: http.MethodGet, path: metadataPath, id: "getMetadata", tag: "Subscriptions", summary: "Read the metadata of a subscription",
		description: "What its vendor noted on it."}, func(ctx context.Context, actor account.Actor, in *ByID) (*reply[subscription.Metadata], error) {
		m, err := s.Subscriptions.Metadata(ctx, actor, in.ID)
		return answer(m, err, itself)
	})
	register(s, route{method: http.MethodPut, path: metadataPath, id: "putMetadata", tag: "Subscriptions", summary: "Add to the metadata of a subscription",
		description: "For its vendor. Entries of the same name are replaced; others stay.", example: `{"customerNumber":"A-17"}`},
		func(ctx context.Context, actor account.Actor, in *givenIn[subscription.Metadata]) (*reply[subscription.Metadata], error) {
			m, err := read(&in.Body, same[subscription.Metadata])
			if err != nil {
				return nil, err
			}
			m, err = s.Subscriptions.PutMetadata(ctx, actor, in.ID, m)
			return answer(m, err, itself)
		})
	register(s, route{method: http.MethodDelete, path: metadataPath + "/{name}", id: "deleteMetadata", tag: "Subscriptions", summary: "Remove from the metadata of a subscription",
		description: "For its vendor. One that is not there is no error.", status: http.StatusNoContent},
		func(ctx context.Context, actor account.Actor, in *metadataIn) (*done, error) {
			return &done{}, s.Subscriptions.DeleteMetadata(ctx, actor, in.ID, in.Name)
		})
}

func itself[T any](t T) T { return t }
