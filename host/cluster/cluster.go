// Package cluster makes several hosts one site: it runs a NATS server in this
// process (or connects to servers that are elsewhere), knows which hosts are live, and
// whether this one is cut off.
//
//	c, err := cluster.Join(ctx, cluster.Options{Name: "shop", Listen: "10.0.0.1:6222", Peers: []string{"10.0.0.2:6222"}, …})
//	…
//	defer c.Close()
//	pages, err := jetstream.Open(ctx, jetstream.Options{Conn: c.Conn(), Detached: c.Detached, …})
//	err = c.Start(ctx, pages)
//
// It agrees on nothing by itself. Whatever has to be agreed on (which page is the
// newest, who makes one, what is active) is a compare-and-set in a bucket
// that a majority of the servers keeps; see package jetstream. What hosts tell each other besides,
// here, are plain messages that may be lost: beats, and the question who knows.
//
// # Detached
//
// Twice a second a host writes a message of its own, and asks who leads the buckets. If that fails for two
// seconds, or its links to who leads have ended, it is detached: it has lost the servers, or they have lost their majority. Then
// it serves what it has, makes pages for itself, and says so, until a message
// is taken again and it was told all that others have written meanwhile.
//
// # Whose clock
//
// Pages have times, and a page is stale by another host's clock. So that hosts
// whose clocks disagree do not make each other's pages anew all the time, all go by the clock
// that is ahead of the others, up to ten minutes (see Now), and go on doing so when they lose each other: which of
// two pages that were made on both sides is the newer one is decided by when they started.
package cluster

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"github.com/wisr-dev/wisr/host/store/jetstream"
)

// Options of a Cluster.
type Options struct {
	Name string // of the site: letters, digits, - and _
	Host string // of this host, unique and the same after a restart: "web1-6222"

	// A server in this process; Listen "" for none.
	Listen string   // host:port for the other hosts
	Peers  []string // host:port of the other hosts, of all of them or of some
	Secret string   // that hosts show each other; "": none
	Dir    string   // for the server's data

	// Servers elsewhere, where Listen is "".
	Servers     []string // URLs
	Credentials string   // file; "": none

	TLS *tls.Config // of connections between hosts and servers; nil: none

	Now func() time.Time // the wall clock; nil: time.Now
	Log *slog.Logger     // required

	advertise string // in place of Listen, to the others; for tests
}

// Cluster is this host's part of a cluster.
type Cluster struct {
	opt    Options
	log    *slog.Logger
	server *server.Server // nil if the servers are elsewhere
	said   *serverLog     // by it

	unanswered []string // what servers elsewhere said to the first try that did not take this host; of Join
	conn       *nats.Conn
	system     *nats.Conn // to ask the server about the others; nil if the servers are elsewhere

	password string // of the server in this process, which nobody else knows

	pages  *jetstream.Store  // from Start on
	leases *jetstream.Leases // from Start on

	detached   atomic.Bool
	leaderGone atomic.Bool  // there is no link to who leads
	forgotten  atomic.Bool  // the servers do not count this one
	ahead      atomic.Int64 // nanoseconds that the fastest clock is ahead of this one
	apart      atomic.Int64 // nanoseconds that it is ahead of the slowest one

	since time.Time    // when it joined
	about func() About // what to say of this host besides; may be nil

	life context.Context
	end  context.CancelFunc

	admitted context.Context // until another host turns out to have this one's name
	refuse   context.CancelCauseFunc

	work sync.WaitGroup // what runs until life ends
	subs []*nats.Subscription

	mu     sync.Mutex
	hosts  map[string]heard // by name, this one not among them; guarded by mu
	closed bool             // guarded by mu
}

// Join starts the server, if it is to run here, and connects. It does not wait for
// other hosts. Close ends it.
func Join(ctx context.Context, opt Options) (*Cluster, error) {
	if opt.Now == nil {
		opt.Now = time.Now
	}
	c := &Cluster{opt: opt, log: opt.Log, hosts: make(map[string]heard), password: rand.Text()}
	c.life, c.end = context.WithCancel(context.WithoutCancel(ctx))
	c.admitted, c.refuse = context.WithCancelCause(context.WithoutCancel(ctx))
	if err := c.connect(); err != nil {
		c.Close()
		return nil, fmt.Errorf("join the cluster %s: %w", opt.Name, err)
	}
	return c, nil
}

func (c *Cluster) connect() error {
	options := []nats.Option{
		nats.Name("wisr " + c.opt.Host),
		nats.MaxReconnects(-1),
		nats.ReconnectWait(250 * time.Millisecond),
		nats.RetryOnFailedConnect(true),
		nats.Timeout(10 * time.Second),
		nats.ReconnectBufSize(-1), // what cannot be sent fails at once, and is not sent later
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { c.log.Debug("cluster", "cause", err) }),
	}
	servers := ""
	if c.opt.Listen != "" {
		if err := c.serve(); err != nil {
			return err
		}
		options = append(options, nats.InProcessServer(c.server), nats.UserInfo(pagesUser, c.password))
		if err := c.connectSystem(); err != nil {
			return err
		}
	} else {
		for i, url := range c.opt.Servers {
			if i > 0 {
				servers += ","
			}
			servers += url
		}
		if c.opt.Credentials != "" {
			options = append(options, nats.UserCredentials(c.opt.Credentials))
		}
		if c.opt.Secret != "" {
			options = append(options, nats.Token(c.opt.Secret))
		}
		if c.opt.TLS != nil {
			options = append(options, nats.Secure(c.opt.TLS))
		}
		if err := c.tryServers(options); err != nil {
			return err
		}
	}
	var err error
	c.conn, err = nats.Connect(servers, options...)
	return err
}

// Conn is the connection to the servers.
func (c *Cluster) Conn() *nats.Conn { return c.conn }

// Detached tells whether this host is cut off; see the package comment.
func (c *Cluster) Detached() bool { return c.detached.Load() }

// Keeps tells whether the server in this process keeps pages: one that could not write its disk stops to, until it is started again.
// It is true if the servers are elsewhere.
func (c *Cluster) Keeps() bool { return c.server == nil || c.server.JetStreamEnabled() }

// Start opens the leases, begins to tell other hosts of this one, and returns when this host has what they have, and
// those that are live have told of themselves. about, which may be nil, says what to tell of it besides.
func (c *Cluster) Start(ctx context.Context, pages *jetstream.Store, about func() About) error {
	leases, err := pages.OpenLeases(ctx, c.opt.Host)
	if err != nil {
		return err
	}
	c.pages, c.leases, c.about, c.since = pages, leases, about, c.opt.Now().UTC()
	for subject, handle := range map[string]nats.MsgHandler{"beat": c.hear, "confirm": c.answerConfirm} {
		sub, err := c.conn.Subscribe(c.subject(subject), handle)
		if err != nil {
			return err
		}
		c.subs = append(c.subs, sub)
	}
	c.spawn(c.beat)
	c.spawn(c.probe)
	if c.server != nil {
		c.spawn(c.attend)
	}
	if c.system != nil {
		c.spawn(c.tidy)
	}
	if err := c.catchUp(ctx); err != nil {
		return err
	}
	return c.listen(ctx)
}

// spawn runs something that ends when its context does, unless the cluster is closed.
func (c *Cluster) spawn(work func(context.Context)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.closed {
		c.work.Go(func() { work(c.life) })
	}
}

// Leases are those of this host. They are there from Start on.
func (c *Cluster) Leases() *jetstream.Leases { return c.leases }

// Close takes this host out of the cluster. What other hosts have stays.
func (c *Cluster) Close() {
	for _, sub := range c.subs {
		_ = sub.Unsubscribe() // it fails if the connection is closed
	}
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	c.end()
	c.refuse(context.Canceled)
	c.work.Wait()
	if c.leases != nil {
		c.leases.Close()
	}
	if c.system != nil {
		c.system.Close()
	}
	if c.conn != nil {
		c.conn.Close()
	}
	if c.server != nil {
		c.server.Shutdown()
		c.server.WaitForShutdown()
	}
}

func (c *Cluster) subject(what string) string { return "wisr." + c.opt.Name + "." + what }

// Now is the time by the clock of all hosts: the one that is ahead.
func (c *Cluster) Now() time.Time { return c.opt.Now().Add(time.Duration(c.ahead.Load())) }

// Apart is how far the clocks of the hosts are apart, as far as hosts were heard.
func (c *Cluster) Apart() time.Duration { return time.Duration(c.apart.Load()) }
