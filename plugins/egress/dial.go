package egress

import (
	"context"
	"net"
	"net/netip"
	"syscall"
	"time"
)

// dialer opens connections to addresses that check lets through.
type dialer struct {
	check    func(host string, ip netip.Addr) error
	resolver *net.Resolver
	timeout  time.Duration
}

// dial resolves and connects. check sees the address of each attempt, after
// the socket is made and before it connects, when nothing can change it any
// more. A check of the name, or of an earlier look-up, would say nothing about
// the next one (DNS rebinding).
func (d *dialer) dial(ctx context.Context, network, address string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	nd := net.Dialer{
		Timeout:  d.timeout, // a dial may outlive the request that began it
		Resolver: d.resolver,
		ControlContext: func(_ context.Context, _, address string, _ syscall.RawConn) error {
			ap, err := netip.ParseAddrPort(address)
			if err != nil {
				return err
			}
			return d.check(host, ap.Addr())
		},
	}
	return nd.DialContext(ctx, network, address)
}
