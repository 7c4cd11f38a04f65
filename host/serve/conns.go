package serve

import (
	"context"
	"net"
	"sync"
	"time"
)

// conns are the open connections. When the server is to stop, a request may be
// on its way on any of them: on one that was idle, and on one where nothing was
// ever read, as browsers and load balancers open them ahead of need. The server
// below would close the former at once, and wait for the latter as for requests
// in flight (S146).
type conns struct {
	mu       sync.Mutex
	listener net.Listener   // guarded by mu; nil before listen
	open     map[*conn]bool // guarded by mu: whether anything was read
}

// lastRequest is how long a request may be on its way when the host is told to
// stop: far longer than it takes on a connection that is open, far shorter
// than anybody waits for a restart.
const lastRequest = 500 * time.Millisecond

// listen makes conns know the connections of a listener.
func (s *conns) listen(ln net.Listener) net.Listener {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.listener, s.open = ln, make(map[*conn]bool)
	return listener{ln, s}
}

// wait takes no more connections, gives those that there are some time for a
// last request, and closes those on which none ever came.
func (s *conns) wait(ctx context.Context) {
	s.mu.Lock()
	if s.listener != nil {
		// Whoever accepts learns of it. There is nobody to tell of an error.
		_ = s.listener.Close()
	}
	s.mu.Unlock()
	end := time.NewTimer(lastRequest)
	defer end.Stop()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for s.count() > 0 {
		select {
		case <-tick.C:
			continue
		case <-end.C:
		case <-ctx.Done():
		}
		break
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for c, used := range s.open {
		if !used {
			// The server sees that its connection is gone; nobody else cares.
			_ = c.Conn.Close()
		}
	}
}

func (s *conns) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.open)
}

// listener hands out connections that conns knows.
type listener struct {
	net.Listener
	conns *conns
}

func (l listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	known := &conn{Conn: c, conns: l.conns}
	l.conns.mu.Lock()
	defer l.conns.mu.Unlock()
	l.conns.open[known] = false
	return known, nil
}

// Close does nothing more if wait has closed the listener.
func (l listener) Close() error {
	// What is wrong with closing a listener keeps nothing from being shut down.
	_ = l.Listener.Close()
	return nil
}

// conn tells conns of its first byte and of its end.
type conn struct {
	net.Conn
	conns *conns
	used  bool // of the goroutine that reads
}

func (c *conn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if n > 0 && !c.used {
		c.used = true
		c.conns.mu.Lock()
		if _, open := c.conns.open[c]; open {
			c.conns.open[c] = true
		}
		c.conns.mu.Unlock()
	}
	return n, err
}

func (c *conn) Close() error {
	c.conns.mu.Lock()
	delete(c.conns.open, c)
	c.conns.mu.Unlock()
	return c.Conn.Close()
}
