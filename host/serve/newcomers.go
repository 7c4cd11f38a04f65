package serve

import (
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// newcomers are the open connections on which nothing was ever read. Browsers
// and load balancers open some ahead of need. The server takes them for
// requests in flight and would wait for them when it is to stop (S146).
type newcomers struct {
	mu    sync.Mutex
	conns map[*conn]bool // guarded by mu
}

// newcomerGrace is for a request that is on its way when the host is told to
// stop: far longer than it takes on a connection that is open, far shorter
// than anybody waits for a restart.
const newcomerGrace = 500 * time.Millisecond

// listener hands out connections that newcomers knows.
type listener struct {
	net.Listener
	newcomers *newcomers
}

func (l listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return l.newcomers.add(c), nil
}

func (n *newcomers) add(c net.Conn) *conn {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.conns == nil {
		n.conns = make(map[*conn]bool)
	}
	known := &conn{Conn: c, newcomers: n}
	n.conns[known] = true
	return known
}

func (n *newcomers) remove(c *conn) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.conns, c)
}

// close closes those that are left. The listener is closed by then.
func (n *newcomers) close() {
	n.mu.Lock()
	left := n.conns
	n.conns = nil
	n.mu.Unlock()
	for c := range left {
		// The server sees that its connection is gone; nobody else cares.
		_ = c.Conn.Close()
	}
}

// conn is a connection that leaves the newcomers with the first byte.
type conn struct {
	net.Conn
	newcomers *newcomers
	known     atomic.Bool // whether it has left
}

func (c *conn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if n > 0 {
		c.leave()
	}
	return n, err
}

func (c *conn) Close() error {
	c.leave()
	return c.Conn.Close()
}

func (c *conn) leave() {
	if !c.known.Load() && !c.known.Swap(true) {
		c.newcomers.remove(c)
	}
}
