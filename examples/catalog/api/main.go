// Command api is the shop that the catalog shows: an HTTP API for the pages to
// fetch from. It listens on this machine only, at http://127.0.0.1:4000, since it
// lets anyone who reaches it change prices.
//
//	go run ./examples/catalog/api
//	curl -X PUT -d '{"price": 3900}' http://127.0.0.1:4000/items/claw-hammer
//
// With SHOP_WEBHOOK_SECRET in the environment it tells the site of every change,
// which has the same secret, by a signed webhook. With SHOP_KEY there it tells who
// has that key what things cost in the trade.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/wisr-dev/wisr/examples/catalog/api/notify"
	"github.com/wisr-dev/wisr/examples/catalog/api/stock"
)

// address is what the pages' manifests allow them to reach.
const address = "127.0.0.1:4000"

// grace is how long requests may go on after the program was told to stop.
const grace = 5 * time.Second

func main() {
	delay := flag.Duration("delay", 0, "answer every request this late, to see what the pages do meanwhile")
	hook := flag.String("hook", "http://127.0.0.1:3000/shop/_wisr/hooks/stock", "the site's webhook, to which changes are told")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, address, *delay, os.Getenv("SHOP_KEY"), notify.Site{URL: *hook, Secret: os.Getenv("SHOP_WEBHOOK_SECRET")})
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "api:", err)
		os.Exit(1)
	}
}

// run opens the shop. A site without a secret is not told of anything.
func run(ctx context.Context, address string, delay time.Duration, key string, site notify.Site) error {
	shop, err := stock.Open()
	if err != nil {
		return err
	}
	shop.Key = key
	if site.Secret != "" {
		shop.Edited = func(ctx context.Context, e stock.Edit) {
			if err := site.Tell(ctx, e); err != nil {
				fmt.Fprintln(os.Stderr, "api:", err)
			}
		}
	}
	ln, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "the shop is open at http://%s/items\n", ln.Addr())
	return serve(ctx, ln, stock.Late(shop, delay))
}

// serve answers until ctx ends, and lets the requests that are under way end.
func serve(ctx context.Context, ln net.Listener, handler http.Handler) error {
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(ln) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	err := server.Shutdown(end)
	if failure := <-ended; !errors.Is(failure, http.ErrServerClosed) {
		err = errors.Join(err, failure)
	}
	return err
}
