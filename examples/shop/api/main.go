// Command api is the tea shop's API, for its pages to fetch from. It listens on
// this machine only, at http://127.0.0.1:4100.
//
//	go run ./examples/shop/api
package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/wisr-dev/wisr/examples/shop/api/goods"
)

// address is what the pages' manifests allow them to reach.
const address = "127.0.0.1:4100"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "api:", err)
		os.Exit(1)
	}
}

// run answers until ctx ends.
func run(ctx context.Context) error {
	shop, err := goods.Handler()
	if err != nil {
		return err
	}
	ln, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: shop, ReadHeaderTimeout: 5 * time.Second}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	fmt.Fprintf(os.Stderr, "the shop's API is at http://%s/teas\n", ln.Addr())
	if err := server.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
