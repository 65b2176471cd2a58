// Command foreign is a plugin that uses nothing of the SDK but the generated
// messages, as one in another language does: the handshake is its own, and
// errors are gRPC statuses.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/fondaco/fondaco/plugins/sdk/pluginv1"
)

// boxes keeps a file a box in the folder that the settings name.
type boxes struct {
	pluginv1.UnimplementedProviderServer
}

// Describe offers no ability: the rest of the contract is optional.
func (*boxes) Describe(context.Context, *pluginv1.DescribeRequest) (*pluginv1.DescribeResponse, error) {
	return &pluginv1.DescribeResponse{
		Name: "foreign", Version: "0.3.0-rc.1", ProductTypes: []string{"foreign-box"},
		SettingsSchema:   []byte(`{"type":"object","required":["folder"],"properties":{"folder":{"type":"string"}}}`),
		ProductSchema:    []byte(`{"type":"object"}`),
		PlanSchema:       []byte(`{"type":"object","required":["size"],"properties":{"size":{"type":"integer","minimum":1}}}`),
		ParametersSchema: []byte(`{"type":"object"}`),
	}, nil
}

// Validate looks at the plan, when there is one.
func (*boxes) Validate(_ context.Context, in *pluginv1.ValidateRequest) (*pluginv1.ValidateResponse, error) {
	var plan struct{ Size int }
	raw := in.GetSubscription().GetPlan()
	if len(raw) > 0 && (json.Unmarshal(raw, &plan) != nil || plan.Size < 1) {
		return &pluginv1.ValidateResponse{Problems: []*pluginv1.Problem{{Field: "plan.size", Message: "Choose at least 1."}}}, nil
	}
	return &pluginv1.ValidateResponse{}, nil
}

// Provision writes the box's file once, with the key and what it stood for.
func (*boxes) Provision(in *pluginv1.ProvisionRequest, stream grpc.ServerStreamingServer[pluginv1.ProvisionResponse]) error {
	req := in.GetRequest()
	file, err := fileOf(req.GetSubscription())
	if err != nil {
		return err
	}
	content := req.GetKey() + " " + string(req.GetSubscription().GetPlan())
	have, err := os.ReadFile(file)
	switch {
	case err == nil && string(have) != content:
		return status.Error(codes.AlreadyExists, "The key was used for another plan.")
	case os.IsNotExist(err):
		err = write(file, content)
	}
	if err != nil {
		return status.Error(codes.Unavailable, "The folder cannot be used.")
	}
	id := strconv.FormatInt(req.GetSubscription().GetId(), 10)
	return stream.Send(&pluginv1.ProvisionResponse{Event: &pluginv1.ProvisionResponse_Result{Result: &pluginv1.Result{
		Resources:   []*pluginv1.Resource{{Kind: "box", Id: id, Name: "box-" + id}},
		Credentials: []*pluginv1.Credential{{Name: "number", Label: "Number of the box", Value: "no-" + id}},
	}}})
}

// write is all or nothing, also when it is interrupted or done twice at once.
func write(file, content string) error {
	temporary, err := os.CreateTemp(filepath.Dir(file), "new-")
	if err != nil {
		return err
	}
	_, err = temporary.WriteString(content)
	if closed := temporary.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return err
	}
	return os.Rename(temporary.Name(), file)
}

// Deprovision removes the file; none is fine.
func (*boxes) Deprovision(in *pluginv1.DeprovisionRequest, _ grpc.ServerStreamingServer[pluginv1.DeprovisionResponse]) error {
	file, err := fileOf(in.GetRequest().GetSubscription())
	if err != nil {
		return err
	}
	if err := os.Remove(file); err != nil && !os.IsNotExist(err) {
		return status.Error(codes.Unavailable, "The folder cannot be used.")
	}
	return nil
}

// Health wants a folder that is there.
func (*boxes) Health(_ context.Context, in *pluginv1.HealthRequest) (*pluginv1.HealthResponse, error) {
	file, err := fileOf(&pluginv1.Subscription{Settings: in.GetSettings()})
	if err == nil {
		_, err = os.Stat(filepath.Dir(file))
	}
	if err != nil {
		return &pluginv1.HealthResponse{Message: "There is no such folder."}, nil
	}
	return &pluginv1.HealthResponse{Ok: true, Message: "The folder is there."}, nil
}

func fileOf(sub *pluginv1.Subscription) (string, error) {
	var s struct{ Folder string }
	if json.Unmarshal(sub.GetSettings(), &s) != nil || s.Folder == "" {
		return "", status.Error(codes.FailedPrecondition, "The settings name no folder.")
	}
	return filepath.Join(s.Folder, fmt.Sprintf("box-%d", sub.GetId())), nil
}
