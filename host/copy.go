package host

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/wisr-dev/wisr/host/cluster"
	"github.com/wisr-dev/wisr/host/config"
	"github.com/wisr-dev/wisr/host/isr"
	"github.com/wisr-dev/wisr/host/store/copying"
	"github.com/wisr-dev/wisr/host/store/dir"
	"github.com/wisr-dev/wisr/host/store/jetstream"
)

// CopyStore copies the pages of a site from one store to another. Each is written as
// in [cache] store, "dir:FOLDER" or "jetstream:nats://…", or is "cluster": the hosts
// that keep the site's pages together, of which one runs here. It can be broken off and begun again.
func CopyStore(ctx context.Context, cfg *config.Config, from, to string, log *slog.Logger, tell func(copying.Report)) (copying.Report, error) {
	h := &Host{cfg: cfg, opt: Options{Log: log}}
	if folder, ok := strings.CutPrefix(from, config.StoreDir+":"); ok { // it would be made
		if _, err := os.Stat(cfg.Path(folder)); err != nil {
			return copying.Report{}, fmt.Errorf("read the store %s: %w; a folder is looked for in that of the site", from, err)
		}
	}
	source, closeSource, err := h.openNamed(ctx, from)
	if err != nil {
		return copying.Report{}, err
	}
	target, closeTarget, err := h.openNamed(ctx, to)
	if err != nil {
		return copying.Report{}, errors.Join(err, closeSource())
	}
	report, err := copying.Run(ctx, source, target, tell)
	return report, errors.Join(err, closeSource(), closeTarget())
}

// openNamed opens a store by what a command line calls it.
func (h *Host) openNamed(ctx context.Context, name string) (_ isr.Store, end func() error, err error) {
	kind, place, _ := strings.Cut(name, ":")
	switch {
	case kind == config.StoreDir && place != "":
		d, err := dir.Open(h.cfg.Path(place), dir.Options{Log: h.opt.Log})
		if err != nil {
			return nil, nil, err
		}
		return d, d.Close, nil
	case name == "cluster":
		conn, err := cluster.Visit(h.workPath(clusterWork))
		if err != nil {
			return nil, nil, err
		}
		return h.openShared(ctx, jetstream.Options{Conn: conn}, conn.Close)
	case kind == config.StoreJetStream && place != "":
		secure, err := h.clusterTLS()
		if err != nil {
			return nil, nil, err
		}
		c, err := cluster.Join(ctx, cluster.Options{
			Name: h.cfg.Cluster.Name, Host: "copy", Servers: config.Store{Kind: kind, Place: place}.Servers(),
			Secret: h.cfg.Cluster.Secret.Reveal(), Credentials: h.credentials(), TLS: secure, Log: h.opt.Log,
		})
		if err != nil {
			return nil, nil, err
		}
		return h.openShared(ctx, jetstream.Options{Conn: c.Conn(), Waiting: h.waitingElsewhere(c)}, c.Close)
	}
	return nil, nil, fmt.Errorf("%q is no store; write dir:FOLDER, jetstream:nats://HOST:PORT, or cluster for the hosts that run this site", name)
}

// unhurried is how long servers may take for a page that no visitor waits for.
const unhurried = 10 * time.Second

func (h *Host) openShared(ctx context.Context, opt jetstream.Options, leave func()) (isr.Store, func() error, error) {
	opt.Site, opt.Replicas, opt.MaxSize, opt.Log = h.cfg.Cluster.Name, h.cfg.Cluster.Replicas, h.cfg.Cache.MaxSize, h.opt.Log
	opt.Patience = unhurried
	s, err := jetstream.Open(ctx, opt)
	if err != nil {
		leave()
		return nil, nil, err
	}
	return s, func() error {
		defer leave()
		return s.Close()
	}, nil
}

// credentials is the file of [cluster] credentials, "" for none.
func (h *Host) credentials() string {
	if h.cfg.Cluster.Credentials == "" {
		return ""
	}
	return h.cfg.Path(h.cfg.Cluster.Credentials)
}
