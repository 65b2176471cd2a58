package demo

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/fondaco/fondaco/syndication/connector"
)

// ports are the demo's listeners. Products and settings refer to them, so a
// restart takes the same ones.
type ports struct {
	portal, gateway, gatewayAdmin, upstream, hooks, mail, admin, openstack, vcloud, quaderno net.Listener
}

// openPorts listens on the wanted address and, for the parts around, on the
// ports of the last run, else on those after it, else on any free one.
func openPorts(listen string, previous File) (*ports, error) {
	portal, err := net.Listen("tcp", listen)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w (choose another with --listen, or stop what runs there)", listen, err)
	}
	p := &ports{portal: portal}
	host, first, _ := net.SplitHostPort(portal.Addr().String())
	base, _ := strconv.Atoi(first)
	for i, slot := range []struct {
		listener **net.Listener
		old      string
	}{
		{ref(&p.gateway), previous.Gateway}, {ref(&p.gatewayAdmin), previous.GatewayAdmin}, {ref(&p.upstream), previous.Upstream},
		{ref(&p.hooks), previous.WebhookSink}, {ref(&p.mail), previous.Mail}, {ref(&p.admin), previous.Admin},
		{ref(&p.openstack), previous.OpenStack}, {ref(&p.vcloud), previous.VCloud}, {ref(&p.quaderno), previous.Quaderno},
	} {
		if **slot.listener, err = openPort(host, base+1+i, slot.old); err != nil {
			return nil, errors.Join(err, p.close())
		}
	}
	return p, nil
}

func ref(l *net.Listener) **net.Listener { return &l }

func openPort(host string, wanted int, old string) (net.Listener, error) {
	if u, err := url.Parse(old); err == nil && u.Host != "" {
		l, err := net.Listen("tcp", u.Host)
		if err != nil {
			return nil, fmt.Errorf("listen on %s as in the last run: %w (stop what runs there, or use a new --data folder)", u.Host, err)
		}
		return l, nil
	}
	if l, err := net.Listen("tcp", net.JoinHostPort(host, strconv.Itoa(wanted))); err == nil {
		return l, nil
	}
	return net.Listen("tcp", net.JoinHostPort(host, "0"))
}

func (p *ports) close() error {
	var err error
	for _, l := range []net.Listener{p.portal, p.gateway, p.gatewayAdmin, p.upstream, p.hooks, p.mail, p.admin, p.openstack, p.vcloud, p.quaderno} {
		if l != nil {
			err = errors.Join(err, l.Close())
		}
	}
	return err
}

func (p *ports) file() File {
	at := func(l net.Listener) string { return "http://" + l.Addr().String() }
	f := File{Portal: at(p.portal), API: at(p.portal) + "/api/v1", Connector: at(p.portal) + connector.Prefix, Gateway: at(p.gateway), GatewayAdmin: at(p.gatewayAdmin),
		Upstream: at(p.upstream), WebhookSink: at(p.hooks), Mail: at(p.mail), Admin: at(p.admin), OpenStack: at(p.openstack), VCloud: at(p.vcloud), Quaderno: at(p.quaderno),
		Users: map[string]User{}}
	f.Storefront = f.storefrontURL()
	return f
}

// serve answers on the listener until stop.
func (d *Demo) serve(l net.Listener, h http.Handler) {
	s := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	d.servers = append(d.servers, s)
	go func() {
		if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			d.cfg.Log.Error("server ended", "address", l.Addr().String(), "error", err)
		}
	}()
}
