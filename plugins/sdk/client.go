package sdk

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/fondaco/fondaco/plugins/sdk/pluginv1"
)

// Client is the marketplace's side of a connection to a plugin. Its errors are
// all *Error.
type Client struct {
	rpc pluginv1.ProviderClient
}

var _ Provider = (*Client)(nil)

// NewClient returns a Client over a connection to a plugin.
func NewClient(conn grpc.ClientConnInterface) *Client {
	return &Client{rpc: pluginv1.NewProviderClient(conn)}
}

// Describe asks the plugin what it is.
func (c *Client) Describe(ctx context.Context) (Description, error) {
	out, err := c.rpc.Describe(ctx, &pluginv1.DescribeRequest{})
	if err != nil {
		return Description{}, decodeError(ctx, err)
	}
	return decodeDescription(out), nil
}

// Validate has the plugin check what is about to be sold.
func (c *Client) Validate(ctx context.Context, check Check) ([]Problem, error) {
	in := &pluginv1.ValidateRequest{Subscription: encodeSubscription(check.Subscription)}
	if check.Current != nil {
		in.Current = encodeSubscription(*check.Current)
	}
	out, err := c.rpc.Validate(ctx, in)
	if err != nil {
		return nil, decodeError(ctx, err)
	}
	return each(out.GetProblems(), decodeProblem), nil
}

// Provision makes the subscription exist. progress may be nil.
func (c *Client) Provision(ctx context.Context, req Request, progress Progress) (Result, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := c.rpc.Provision(ctx, &pluginv1.ProvisionRequest{Request: encodeRequest(req)})
	if err != nil {
		return Result{}, decodeError(ctx, err)
	}
	return receiveResult(ctx, stream.Recv, progress)
}

// Update moves the subscription to the request's plan. progress may be nil.
func (c *Client) Update(ctx context.Context, req Request, progress Progress) (Result, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := c.rpc.Update(ctx, &pluginv1.UpdateRequest{Request: encodeRequest(req)})
	if err != nil {
		return Result{}, decodeError(ctx, err)
	}
	return receiveResult(ctx, stream.Recv, progress)
}

// event is a message of the Provision and Update streams.
type event interface {
	GetProgress() *pluginv1.Progress
	GetResult() *pluginv1.Result
}

// receiveResult passes progress on until the stream ends. A stream that ends
// well without a result is broken: what exists is unknown, so ask again.
func receiveResult[E event](ctx context.Context, recv func() (E, error), progress Progress) (Result, error) {
	var result *pluginv1.Result
	for {
		e, err := recv()
		switch {
		case errors.Is(err, io.EOF) && result != nil:
			return decodeResult(result), nil
		case errors.Is(err, io.EOF):
			return Result{}, Transient(nil, "the plugin ended the call without a result")
		case err != nil:
			return Result{}, decodeError(ctx, err)
		}
		report(progress, e.GetProgress())
		if r := e.GetResult(); r != nil {
			result = r
		}
	}
}

func report(progress Progress, p *pluginv1.Progress) {
	if progress != nil && p != nil {
		progress(int(p.GetStep()), int(p.GetTotal()), p.GetText())
	}
}

// Suspend blocks use.
func (c *Client) Suspend(ctx context.Context, req Request) error {
	_, err := c.rpc.Suspend(ctx, &pluginv1.SuspendRequest{Request: encodeRequest(req)})
	return decodeError(ctx, err)
}

// Resume ends a suspension.
func (c *Client) Resume(ctx context.Context, req Request) error {
	_, err := c.rpc.Resume(ctx, &pluginv1.ResumeRequest{Request: encodeRequest(req)})
	return decodeError(ctx, err)
}

// Deprovision removes everything. progress may be nil.
func (c *Client) Deprovision(ctx context.Context, req Request, progress Progress) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := c.rpc.Deprovision(ctx, &pluginv1.DeprovisionRequest{Request: encodeRequest(req)})
	if err != nil {
		return decodeError(ctx, err)
	}
	for {
		e, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return decodeError(ctx, err)
		}
		report(progress, e.GetProgress())
	}
}

// Observe asks what really exists.
func (c *Client) Observe(ctx context.Context, sub Subscription) (Observation, error) {
	out, err := c.rpc.Observe(ctx, &pluginv1.ObserveRequest{Subscription: encodeSubscription(sub)})
	if err != nil {
		return Observation{}, decodeError(ctx, err)
	}
	return decodeObservation(out), nil
}

// Inventory lists what carries the installation's mark.
func (c *Client) Inventory(ctx context.Context, settings json.RawMessage) ([]Owned, error) {
	out, err := c.rpc.Inventory(ctx, &pluginv1.InventoryRequest{Settings: settings})
	if err != nil {
		return nil, decodeError(ctx, err)
	}
	return each(out.GetOwned(), decodeOwned), nil
}

// CollectUsage returns what was used in [from, to), times in UTC.
func (c *Client) CollectUsage(ctx context.Context, sub Subscription, from, to time.Time) ([]Usage, error) {
	out, err := c.rpc.CollectUsage(ctx, &pluginv1.CollectUsageRequest{
		Subscription: encodeSubscription(sub),
		From:         timestamppb.New(from),
		To:           timestamppb.New(to),
	})
	if err != nil {
		return nil, decodeError(ctx, err)
	}
	return each(out.GetUsage(), decodeUsage), nil
}

// Health asks whether the settings work.
func (c *Client) Health(ctx context.Context, settings json.RawMessage) (Health, error) {
	out, err := c.rpc.Health(ctx, &pluginv1.HealthRequest{Settings: settings})
	if err != nil {
		return Health{}, decodeError(ctx, err)
	}
	return Health{OK: out.GetOk(), Message: out.GetMessage()}, nil
}
