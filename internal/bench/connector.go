package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/page"
	"github.com/fondaco/fondaco/syndication/connector"
)

// connectors is how many of them read at once.
const connectors = 8

// connectorRead measures how fast vendors' connectors read a subscription with
// their token: what each of them does at every event.
func (w *world) connectorRead(ctx context.Context) (result, error) {
	user, err := w.app.Accounts.ListPeople(ctx, account.SystemActor(w.market), account.PeopleFilter{Kind: account.Vendor}, page.Request{Limit: 1})
	if err != nil {
		return result{}, err
	}
	vendor, err := w.app.Accounts.ActorOf(ctx, w.market, user.Items[0].ID)
	if err != nil {
		return result{}, err
	}
	_, token, err := w.app.Accounts.CreateToken(ctx, vendor, "bench")
	if err != nil {
		return result{}, err
	}
	url := fmt.Sprintf("%s%s/subscription/%d", w.server.URL, connector.Prefix, w.sub)
	value, err := allReading(url, token.Reveal())
	if err != nil {
		return result{}, err
	}
	floor, err := allReading(w.floor.URL, token.Reveal())
	return result{name: "subscription read by connectors", value: value, unit: "reads/s", floor: floor, of: "empty handler"}, err
}

// allReading reads with all connectors for about two seconds.
func allReading(url, token string) (float64, error) {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: connectors}}
	defer client.CloseIdleConnections()
	var done atomic.Int64
	var failed atomic.Value
	var running sync.WaitGroup
	start := time.Now()
	for range connectors {
		running.Go(func() {
			for time.Since(start) < 2*time.Second {
				if err := read(client, url, token); err != nil {
					failed.Store(err)
					return
				}
				done.Add(1)
			}
		})
	}
	running.Wait()
	if err, bad := failed.Load().(error); bad {
		return 0, err
	}
	return float64(done.Load()) / time.Since(start).Seconds(), nil
}

// read asks for an address, with the token when there is one, and reads all of
// the answer.
func read(client *http.Client, url, token string) error {
	req, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	if token != "" {
		req.Header.Set("CMW-Auth-Token", token)
	}
	res, err := client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if _, err := io.Copy(io.Discard, res.Body); err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("GET %s: %s", url, res.Status)
	}
	return nil
}
