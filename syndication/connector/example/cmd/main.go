// Command cmd runs the example connector on its own, as a vendor would.
package main

import (
	"context"
	"errors"
	"flag"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/fondaco/fondaco/syndication/connector/example"
)

func main() {
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, log, os.Args[1:]); err != nil {
		log.Error("ended", "error", err)
		os.Exit(1)
	}
}

// run serves until ctx ends. Secrets come from the environment, where no list
// of processes shows them.
func run(ctx context.Context, log *slog.Logger, args []string) error {
	flags := flag.NewFlagSet("connector", flag.ContinueOnError)
	listen := flags.String("listen", "127.0.0.1:8480", "address to serve on")
	api := flags.String("api", "http://127.0.0.1:8420/connector/api", "base URL of the marketplace's connector API")
	url := flags.String("url", "", "where customers reach this server; http://LISTEN when empty")
	file := flags.String("file", "wikis.json", "where the wikis are kept")
	if err := flags.Parse(args); err != nil {
		return err
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", *listen)
	if err != nil {
		return err
	}
	if *url == "" {
		*url = "http://" + l.Addr().String()
	}
	c, err := example.New(example.Config{API: *api, Token: os.Getenv("CONNECTOR_TOKEN"), Secrets: strings.Fields(os.Getenv("CONNECTOR_SECRETS")),
		URL: *url, File: *file, Log: log})
	if err != nil {
		return err
	}
	log.Info("serving", "address", *url)
	return serve(ctx, l, c)
}

func serve(ctx context.Context, l net.Listener, h http.Handler) error {
	s := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(l) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	err := s.Shutdown(end)
	if served := <-ended; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}
