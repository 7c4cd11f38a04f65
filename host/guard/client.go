package guard

import (
	"net"
	"net/netip"
	"strings"
)

// Client is the address to count an attempt for. A peer on this machine or in a
// private network may be a proxy that brings the requests of everybody: then it is the
// last address of X-Forwarded-For, which the proxy has added. Anybody else's header
// is not looked at. A proxy that passes a visitor's own header on unchanged lets
// guessers choose their address; they would be as fast without any proxy and limit.
func Client(peer net.Addr, forwardedFor string) netip.Addr {
	from := address(peer)
	if local := from.Unmap(); from.IsValid() && !local.IsLoopback() && !local.IsPrivate() && !local.IsLinkLocalUnicast() {
		return from
	}
	last := strings.TrimSpace(forwardedFor[strings.LastIndexByte(forwardedFor, ',')+1:])
	if client, err := netip.ParseAddr(strings.Trim(last, "[]")); err == nil {
		return client
	}
	if client, err := netip.ParseAddrPort(last); err == nil { // as some write it
		return client.Addr()
	}
	return from
}

// address is that of a peer; none if it has none, as on a Unix socket. All of
// those count as one.
func address(peer net.Addr) netip.Addr {
	if tcp, ok := peer.(*net.TCPAddr); ok {
		return tcp.AddrPort().Addr()
	}
	if peer == nil {
		return netip.Addr{}
	}
	at, err := netip.ParseAddrPort(peer.String())
	if err != nil {
		return netip.Addr{}
	}
	return at.Addr()
}
