package main

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net"
	"net/http"
	"slices"
	"time"

	"github.com/fondaco/fondaco/plugins/sdk/conformance"
)

// sandboxed is a foreign system on this machine, and what is sold on it in a
// trial: a subject without Provider, Kill and Output, which the plugin's
// process gives.
type sandboxed struct {
	subject conformance.Subject
	stop    func() error
}

// sandboxFunc starts one, with a line before the API that the plugin calls.
type sandboxFunc func(ctx context.Context, line lineFunc) (sandboxed, error)

// lineFunc puts something before a foreign system.
type lineFunc = func(http.Handler) http.Handler

// wholeLine is nothing.
func wholeLine(h http.Handler) http.Handler { return h }

// sandboxes are what bundled plugins are tried against, by the plugin's name.
func sandboxes() map[string]sandboxFunc {
	return map[string]sandboxFunc{"kong": kongSandbox, "openstack": openstackSandbox, "vcloud": vcloudSandbox, "example": exampleSandbox}
}

func sandboxNames() []string { return slices.Sorted(maps.Keys(sandboxes())) }

// object is JSON in the making.
type object = map[string]any

// document is v as JSON; what is given is made here and can be encoded.
func document(v any) json.RawMessage {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return raw
}

// listenLocally serves h on a free port of this machine.
func listenLocally(ctx context.Context, h http.Handler) (url string, stop func() error, err error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	server := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	return "http://" + l.Addr().String(), func() error {
		err := server.Close()
		if ended := <-served; !errors.Is(ended, http.ErrServerClosed) {
			err = errors.Join(err, ended)
		}
		return err
	}, nil
}
