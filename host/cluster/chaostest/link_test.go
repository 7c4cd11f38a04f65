package chaostest

import (
	"fmt"
	"io"
	"net"
	"slices"
	"sync"
	"testing"
)

// link is the way from one host to another: a proxy that can be cut.
//
// Hosts tell each other where the others are: at the address from which their
// connections come, and their own port. Each link has an address of its own on loopback, from which
// it connects, and nothing listens there on the port of hosts: so hosts meet by links alone.
type link struct {
	own *net.TCPAddr
	to  string
	ln  net.Listener

	mu    sync.Mutex
	how   state
	heal  chan struct{} // closed when it is whole again; of a link that swallows
	conns []net.Conn
}

// state is what a link does to what goes over it.
type state int

const (
	whole     state = iota
	cut             // connections end, new ones at once
	swallowed       // connections stay, and nothing arrives
)

// newLink opens a link that listens and connects from an address of loopback.
func newLink(t *testing.T, address, to string) *link {
	t.Helper()
	ln, err := net.Listen("tcp", fmt.Sprintf("%s:%d", address, linkPort))
	if err != nil {
		t.Fatal(err)
	}
	l := &link{own: &net.TCPAddr{IP: net.ParseIP(address)}, to: to, ln: ln}
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
		l.set(cut)
		carrying.Wait()
	})
	return l
}

func (l *link) set(how state) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.how == swallowed && how != swallowed {
		close(l.heal)
	}
	if how == swallowed && l.how != swallowed {
		l.heal = make(chan struct{})
	}
	l.how = how
	if how == cut {
		for _, c := range l.conns {
			_ = c.Close()
		}
		l.conns = nil
	}
}

func (l *link) carry(in net.Conn) {
	defer in.Close()
	dialer := net.Dialer{LocalAddr: l.own}
	l.mu.Lock()
	off := l.how == cut
	l.mu.Unlock()
	if off {
		return
	}
	out, err := dialer.Dial("tcp", l.to)
	if err != nil {
		return
	}
	defer out.Close()
	l.mu.Lock()
	if l.how == cut {
		l.mu.Unlock()
		return
	}
	l.conns = append(l.conns, in, out)
	l.mu.Unlock()
	var both sync.WaitGroup
	for _, pair := range [][2]net.Conn{{in, out}, {out, in}} {
		both.Go(func() {
			_, _ = io.Copy(through{l, pair[0]}, pair[1])
			_ = pair[0].Close()
			_ = pair[1].Close()
		})
	}
	both.Wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.conns = slices.DeleteFunc(l.conns, func(c net.Conn) bool { return c == in || c == out })
}

// through writes to a connection of a link, when that is whole.
type through struct {
	*link
	to net.Conn
}

func (w through) Write(p []byte) (int, error) {
	w.mu.Lock()
	how, heal := w.how, w.heal
	w.mu.Unlock()
	if how == swallowed {
		<-heal
	}
	return w.to.Write(p)
}
