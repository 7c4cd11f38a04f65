// Package linktest has the ways between hosts under test: proxies on loopback whose connections can be cut,
// or can stay and carry nothing.
//
//	way := linktest.New(t, "127.0.0.1:0")
//	way.Lead(other.Address())
//	dial(way.Address())
//	way.Set(linktest.Cut)
//
// It knows nothing of what goes over them.
package linktest

import (
	"io"
	"net"
	"slices"
	"sync"
	"testing"
)

// Link is the way from one host to another.
//
// Hosts tell each other where the others are: one that does not tell its own address, at that from which its
// connections come, and its port. A link connects from the address on which it listens, so that hosts whose links each have
// one of their own, where nothing listens on the port of hosts, meet by links alone.
type Link struct {
	ln net.Listener

	mu    sync.Mutex
	to    string
	how   State
	heal  chan struct{} // closed when it is whole or cut; nil: it is
	held  int           // how many writes wait for that
	conns []net.Conn
}

// State is what a link does to what goes over it.
type State int

const (
	Whole     State = iota
	Cut             // connections end, new ones at once
	Swallowed       // connections stay, and nothing arrives
	Deaf            // connections stay, and nothing arrives at who made them
)

// New opens a link that listens on an address of loopback until the test ends. It leads nowhere yet.
func New(t testing.TB, address string) *Link {
	t.Helper()
	ln, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	l := &Link{ln: ln}
	var carrying sync.WaitGroup
	carrying.Go(func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			carrying.Go(func() { l.carry(conn) })
		}
	})
	t.Cleanup(func() {
		_ = ln.Close()
		l.Set(Cut)
		carrying.Wait()
	})
	return l
}

// Address is where it listens.
func (l *Link) Address() string { return l.ln.Addr().String() }

// Lead says where new connections lead.
func (l *Link) Lead(to string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.to = to
}

// Set has it be whole, cut or swallowed from now on.
func (l *Link) Set(how State) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.how = how
	if how == Cut {
		for _, c := range l.conns {
			_ = c.Close()
		}
		l.conns = nil
	}
	if l.heal != nil {
		close(l.heal)
		l.heal = nil
	}
	if how == Swallowed || how == Deaf {
		l.heal = make(chan struct{})
	}
}

// Holds tells whether something is on its way that does not arrive.
func (l *Link) Holds() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.held > 0
}

func (l *Link) carry(in net.Conn) {
	defer in.Close()
	l.mu.Lock()
	to, off := l.to, l.how == Cut
	l.mu.Unlock()
	if off || to == "" {
		return
	}
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: l.ln.Addr().(*net.TCPAddr).IP}}
	out, err := dialer.Dial("tcp", to)
	if err != nil {
		return
	}
	defer out.Close()
	l.mu.Lock()
	if l.how == Cut {
		l.mu.Unlock()
		return
	}
	l.conns = append(l.conns, in, out)
	l.mu.Unlock()
	var both sync.WaitGroup
	for _, pair := range [][2]net.Conn{{in, out}, {out, in}} {
		both.Go(func() {
			_, _ = io.Copy(through{l, pair[0], pair[0] == in}, pair[1])
			_ = pair[0].Close()
			_ = pair[1].Close()
		})
	}
	both.Wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.conns = slices.DeleteFunc(l.conns, func(c net.Conn) bool { return c == in || c == out })
}

// through writes to a connection of a link, when that carries it.
type through struct {
	*Link
	to   net.Conn
	back bool // to is who made the connection
}

func (w through) Write(p []byte) (int, error) {
	w.mu.Lock()
	for w.how == Swallowed || w.how == Deaf && w.back {
		heal := w.heal
		w.held++
		w.mu.Unlock()
		<-heal
		w.mu.Lock()
		w.held--
	}
	w.mu.Unlock()
	return w.to.Write(p)
}
