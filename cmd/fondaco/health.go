package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/fondaco/fondaco/core/fault"
)

type healthCmd struct {
	configFlag
	AdminListen string        `name:"admin-listen" env:"FONDACO_ADMIN_LISTEN" default:"127.0.0.1:8421" placeholder:"ADDR" help:"The server's admin address (default: ${default})."`
	Timeout     time.Duration `default:"5s" placeholder:"TIME" help:"How long to wait for the answer (default: ${default})."`
}

// Run prints what /readyz says; anything but "ready" is an error.
func (c *healthCmd) Run(ctx context.Context, std streams) error {
	host, port, err := net.SplitHostPort(c.AdminListen)
	if err != nil {
		return fault.InvalidField("--admin-listen", "Use host:port, such as 127.0.0.1:8421.")
	}
	if ip := net.ParseIP(host); host == "" || (ip != nil && ip.IsUnspecified()) {
		host = "127.0.0.1" // it listens on every address
	}
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort(host, port)+"/readyz", nil)
	if err != nil {
		return err
	}
	direct := &http.Client{Transport: &http.Transport{}} // without a proxy
	defer direct.CloseIdleConnections()
	res, err := direct.Do(req)
	if err != nil {
		return fault.Newf(fault.Unavailable, "There is no server on %s.", c.AdminListen).Because(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, 4096))
	if err != nil {
		return err
	}
	fmt.Fprintf(std.out, "%s", body)
	if res.StatusCode != http.StatusOK {
		return fault.Newf(fault.Unavailable, "The server on %s is not ready.", c.AdminListen)
	}
	return nil
}
