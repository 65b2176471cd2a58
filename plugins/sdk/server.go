package sdk

import (
	"context"
	"sync"

	"google.golang.org/grpc"

	"github.com/fondaco/fondaco/plugins/sdk/pluginv1"
)

// server is the plugin's side of the connection.
type server struct {
	pluginv1.UnimplementedProviderServer
	p Provider
}

// Register makes p answer on s. Plugins call Serve instead; Register is for
// who runs the gRPC server himself, such as a test over an in-memory
// connection.
func Register(s grpc.ServiceRegistrar, p Provider) {
	pluginv1.RegisterProviderServer(s, &server{p: p})
}

func (s *server) Describe(ctx context.Context, _ *pluginv1.DescribeRequest) (*pluginv1.DescribeResponse, error) {
	d, err := s.p.Describe(ctx)
	if err != nil {
		return nil, encodeError(ctx, err)
	}
	return encodeDescription(d), nil
}

func (s *server) Validate(ctx context.Context, in *pluginv1.ValidateRequest) (*pluginv1.ValidateResponse, error) {
	check := Check{Subscription: decodeSubscription(in.GetSubscription())}
	if in.GetCurrent() != nil {
		check.Current = new(decodeSubscription(in.GetCurrent()))
	}
	problems, err := s.p.Validate(ctx, check)
	if err != nil {
		return nil, encodeError(ctx, err)
	}
	return &pluginv1.ValidateResponse{Problems: each(problems, encodeProblem)}, nil
}

func (s *server) Provision(in *pluginv1.ProvisionRequest, stream grpc.ServerStreamingServer[pluginv1.ProvisionResponse]) error {
	progress, done := reporter(func(p *pluginv1.Progress) error {
		return stream.Send(&pluginv1.ProvisionResponse{Event: &pluginv1.ProvisionResponse_Progress{Progress: p}})
	})
	defer done() // also when the provider panics
	result, err := s.p.Provision(stream.Context(), decodeRequest(in.GetRequest()), progress)
	done()
	if err != nil {
		return encodeError(stream.Context(), err)
	}
	return stream.Send(&pluginv1.ProvisionResponse{Event: &pluginv1.ProvisionResponse_Result{Result: encodeResult(result)}})
}

func (s *server) Update(in *pluginv1.UpdateRequest, stream grpc.ServerStreamingServer[pluginv1.UpdateResponse]) error {
	progress, done := reporter(func(p *pluginv1.Progress) error {
		return stream.Send(&pluginv1.UpdateResponse{Event: &pluginv1.UpdateResponse_Progress{Progress: p}})
	})
	defer done() // also when the provider panics
	result, err := s.p.Update(stream.Context(), decodeRequest(in.GetRequest()), progress)
	done()
	if err != nil {
		return encodeError(stream.Context(), err)
	}
	return stream.Send(&pluginv1.UpdateResponse{Event: &pluginv1.UpdateResponse_Result{Result: encodeResult(result)}})
}

func (s *server) Suspend(ctx context.Context, in *pluginv1.SuspendRequest) (*pluginv1.SuspendResponse, error) {
	if err := s.p.Suspend(ctx, decodeRequest(in.GetRequest())); err != nil {
		return nil, encodeError(ctx, err)
	}
	return &pluginv1.SuspendResponse{}, nil
}

func (s *server) Resume(ctx context.Context, in *pluginv1.ResumeRequest) (*pluginv1.ResumeResponse, error) {
	if err := s.p.Resume(ctx, decodeRequest(in.GetRequest())); err != nil {
		return nil, encodeError(ctx, err)
	}
	return &pluginv1.ResumeResponse{}, nil
}

func (s *server) Deprovision(in *pluginv1.DeprovisionRequest, stream grpc.ServerStreamingServer[pluginv1.DeprovisionResponse]) error {
	progress, done := reporter(func(p *pluginv1.Progress) error {
		return stream.Send(&pluginv1.DeprovisionResponse{Progress: p})
	})
	defer done()
	err := s.p.Deprovision(stream.Context(), decodeRequest(in.GetRequest()), progress)
	done()
	return encodeError(stream.Context(), err)
}

func (s *server) Observe(ctx context.Context, in *pluginv1.ObserveRequest) (*pluginv1.ObserveResponse, error) {
	o, err := s.p.Observe(ctx, decodeSubscription(in.GetSubscription()))
	if err != nil {
		return nil, encodeError(ctx, err)
	}
	return encodeObservation(o), nil
}

func (s *server) Inventory(ctx context.Context, in *pluginv1.InventoryRequest) (*pluginv1.InventoryResponse, error) {
	owned, err := s.p.Inventory(ctx, in.GetSettings())
	if err != nil {
		return nil, encodeError(ctx, err)
	}
	return &pluginv1.InventoryResponse{Owned: each(owned, encodeOwned)}, nil
}

func (s *server) CollectUsage(ctx context.Context, in *pluginv1.CollectUsageRequest) (*pluginv1.CollectUsageResponse, error) {
	from, to := in.GetFrom().AsTime(), in.GetTo().AsTime()
	usage, err := s.p.CollectUsage(ctx, decodeSubscription(in.GetSubscription()), from, to)
	if err != nil {
		return nil, encodeError(ctx, err)
	}
	return &pluginv1.CollectUsageResponse{Usage: each(usage, encodeUsage)}, nil
}

func (s *server) Health(ctx context.Context, in *pluginv1.HealthRequest) (*pluginv1.HealthResponse, error) {
	h, err := s.p.Health(ctx, in.GetSettings())
	if err != nil {
		return nil, encodeError(ctx, err)
	}
	return &pluginv1.HealthResponse{Ok: h.OK, Message: h.Message}, nil
}

// reporter returns a Progress that sends, and a function after which it sends
// no more: a stream must not be used once its call has ended, whatever
// goroutine of the plugin still reports. A report that cannot be sent is
// dropped; the call's own context tells the plugin that nobody listens.
func reporter(send func(*pluginv1.Progress) error) (progress Progress, done func()) {
	var mu sync.Mutex
	ended := false
	progress = func(step, total int, text string) {
		mu.Lock()
		defer mu.Unlock()
		if !ended {
			_ = send(encodeProgress(step, total, text))
		}
	}
	done = func() {
		mu.Lock()
		defer mu.Unlock()
		ended = true
	}
	return progress, done
}
