package host

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	sampled "runtime/metrics"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/wisr-dev/wisr/host/api"
	"github.com/wisr-dev/wisr/host/cluster"
	"github.com/wisr-dev/wisr/host/config"
	"github.com/wisr-dev/wisr/host/demand"
	"github.com/wisr-dev/wisr/host/isr"
	"github.com/wisr-dev/wisr/host/store/jetstream"
	"github.com/wisr-dev/wisr/host/store/memory"
)

// What is in work because there are other hosts.
const (
	clusterWork = "cluster" // the server in this process
	copiesWork  = "copies"  // pages of the store of all, to be read from here
)

// joinCluster makes this host one of many. From then on it goes by their clock.
func (h *Host) joinCluster(ctx context.Context) (err error) {
	k := h.cfg.Cluster
	secure, err := h.clusterTLS()
	if err != nil {
		return err
	}
	opt := cluster.Options{
		Name: k.Name, Host: hostName(k),
		Listen: k.Listen, Peers: k.Peers, Secret: k.Secret.Reveal(), Dir: h.workPath(clusterWork),
		TLS: secure, Now: h.opt.Now, Log: h.opt.Log,
	}
	if k.Listen == "" {
		opt.Servers, opt.Credentials = h.cfg.Cache.Store.Servers(), h.credentials()
	}
	if h.cluster, err = cluster.Join(ctx, opt); err != nil {
		return err
	}
	h.opt.Now = h.cluster.Now
	gauge := func(name, help string, value func() float64) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, value)
	}
	h.metrics.registry.MustRegister(
		gauge("wisr_cluster_hosts", "Hosts of the site that are live, as this one sees it.", func() float64 { return float64(len(h.cluster.Live())) }),
		gauge("wisr_cluster_detached", "1 while the other hosts, or most of them, cannot be reached.", func() float64 { return number(h.cluster.Detached()) }),
		gauge("wisr_cluster_keeps_pages", "0 if this host could not write its disk and keeps no pages until it is started again.", func() float64 { return number(h.cluster.Keeps()) }))
	return nil
}

// number is how a metric says yes and no.
func number(is bool) float64 {
	if is {
		return 1
	}
	return 0
}

// hostName tells this host from the others, also after a restart with an empty disk.
func hostName(k config.Cluster) string {
	if k.Host != "" {
		return k.Host
	}
	name, err := os.Hostname()
	if err != nil {
		name = "host"
	}
	if _, port, err := net.SplitHostPort(k.Listen); err == nil {
		name += "-" + port
	}
	return name
}

// clusterTLS is nil without [cluster] ca.
func (h *Host) clusterTLS() (*tls.Config, error) {
	k := h.cfg.Cluster
	if k.CA == "" {
		return nil, nil
	}
	var own []tls.Certificate // none for servers elsewhere that want none
	if k.Cert != "" {
		cert, err := tls.LoadX509KeyPair(h.cfg.Path(k.Cert), h.cfg.Path(k.Key))
		if err != nil {
			return nil, fmt.Errorf("[cluster] cert and key: %w", err)
		}
		own = append(own, cert)
	}
	pem, err := os.ReadFile(h.cfg.Path(k.CA))
	if err != nil {
		return nil, fmt.Errorf("[cluster] ca: %w", err)
	}
	authorities := x509.NewCertPool()
	if !authorities.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("[cluster] ca: %s has no certificate in PEM", h.cfg.Path(k.CA))
	}
	return &tls.Config{
		MinVersion: tls.VersionTLS13, Certificates: own,
		RootCAs: authorities, ClientCAs: authorities, ClientAuth: tls.RequireAndVerifyClientCert,
	}, nil
}

// waiting says for whom this host waits.
func (h *Host) waiting(cause error) {
	k := h.cfg.Cluster
	if k.Listen == "" {
		h.waitingElsewhere(h.cluster)(cause)
		return
	}
	linked, unreached := h.cluster.Links()
	if len(linked) >= len(slices.DeleteFunc(slices.Clone(k.Peers), func(peer string) bool { return peer == k.Listen })) {
		unreached = nil // they came by themselves
	}
	h.opt.Log.Info("waiting for other hosts: most of them have to be there, the first time as many as replicas says, and two at least",
		"there", linked, "replicas", k.Replicas, "peers", k.Peers, "unreached", unreached, "cause", cause,
		"fix", "start the others, or write a smaller replicas below [cluster]")
}

// waitingElsewhere is waiting for servers that wisr does not run.
func (h *Host) waitingElsewhere(c *cluster.Cluster) func(error) {
	return func(cause error) {
		_, unreached := c.Links()
		h.opt.Log.Info("waiting for the servers of the store: most of them have to be there", "unreached", unreached, "cause", cause)
	}
}

// openClusterStore opens the store that hosts share, with memory in front. It waits
// for as many hosts as it takes to write.
func (h *Host) openClusterStore(ctx context.Context) (isr.Store, error) {
	ctx, end := h.cluster.Admitted(ctx)
	defer end()
	pages, err := jetstream.Open(ctx, jetstream.Options{
		Conn: h.cluster.Conn(), Site: h.cfg.Cluster.Name, Replicas: h.cfg.Cluster.Replicas, MaxSize: h.cfg.Cache.MaxSize,
		Detached: h.cluster.Detached, Retained: h.cluster.Retained, Apart: h.cluster.Apart, Replica: h.cluster.Replica, Log: h.opt.Log,
		Owed: h.workPath(filepath.Join(clusterWork, "owed")), Waiting: h.waiting,
	})
	if err != nil {
		return nil, err
	}
	h.shared = pages
	if h.cfg.Cluster.Listen != "" {
		lower, heap := h.lower, boundHeap(h.cfg.Cache.Memory, pages.Count)
		h.lower = func() { heap(); lower() }
	}
	copies := h.copies()
	if h.opt.Mode == Start { // which is one process in this folder
		copies.Disk, copies.DiskSize = h.workPath(copiesWork), h.cfg.Cache.MaxSize
	}
	front := memory.New(pages, copies)
	if err := h.cluster.Start(ctx, pages, h.about); err != nil {
		return nil, errors.Join(err, front.Close())
	}
	if h.opt.Mode == Start {
		if h.versions, err = h.cluster.OpenVersions(ctx); err != nil {
			return nil, errors.Join(err, front.Close())
		}
	}
	return front, nil
}

// hearWithin is how long a host that starts waits to be told what the others change. If they are gone by then, it serves all the same.
const hearWithin = 10 * time.Second

// hearChanges returns once this host is told what other hosts change: its server may be busy with its own start, and who is
// shown a page before that may be shown one that was changed elsewhere.
func (h *Host) hearChanges(ctx context.Context) {
	if h.shared == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, hearWithin)
	defer cancel()
	if err := h.shared.Sync(ctx); err != nil {
		h.opt.Log.Warn("what other hosts change is not told yet", "cause", err)
	}
}

// about is what other hosts are told of this one.
func (h *Host) about() cluster.About {
	about := cluster.About{Wisr: Version(), Versions: map[string]string{}}
	reg := h.loaded.Load()
	if reg == nil {
		return about
	}
	for _, v := range reg.Table().Versions {
		if v.Err == nil {
			about.Versions[v.Plugin] = v.ID
		}
	}
	about.Retained = reg.Kept()
	sample := []sampled.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	sampled.Read(sample) // unlike runtime.ReadMemStats it stops nothing
	about.Bytes = int64(sample[0].Value.Uint64() - sample[1].Value.Uint64())
	return about
}

// leases are those of the cluster; nil for a host alone.
func (h *Host) leases() isr.Leases {
	if h.cluster == nil {
		return nil
	}
	return h.cluster.Leases()
}

// detached tells whether the other hosts cannot be reached; nil for a host alone.
func (h *Host) detached() func() bool {
	if h.cluster == nil {
		return nil
	}
	return h.cluster.Detached
}

// confirm asks the other hosts whether they know what was revalidated; nil for a host alone.
func (h *Host) confirm() func(context.Context) demand.Hosts {
	if h.cluster == nil {
		return nil
	}
	return func(ctx context.Context) demand.Hosts {
		hosts := demand.Hosts(h.cluster.Confirm(ctx))
		if kept, ok := h.store.(interface{ Unwritten() int }); ok && kept.Unwritten() > 0 {
			hosts.Confirmed = 1 // what was revalidated may be here only
		}
		return hosts
	}
}

// clusterStatus tells operators of the cluster; nil for a host alone.
func (h *Host) clusterStatus() func(context.Context) any {
	if h.cluster == nil {
		return nil
	}
	return func(ctx context.Context) any { return h.cluster.Status(ctx) }
}

// forgetHost has the cluster forget a host; nil for a host alone.
func (h *Host) forgetHost() func(context.Context, string) error {
	if h.cluster == nil {
		return nil
	}
	return func(ctx context.Context, name string) error {
		err := h.cluster.Forget(ctx, name)
		for _, known := range []struct {
			err    error
			status int
			code   string
		}{
			{cluster.ErrNoSuchHost, http.StatusNotFound, "no_host"},
			{cluster.ErrStillThere, http.StatusConflict, "host_live"},
			{cluster.ErrElsewhere, http.StatusConflict, "servers_elsewhere"},
			{cluster.ErrNotNow, http.StatusServiceUnavailable, "not_now"},
		} {
			if errors.Is(err, known.err) {
				return &api.Problem{Status: known.status, Code: known.code, Message: err.Error()}
			}
		}
		return err
	}
}
