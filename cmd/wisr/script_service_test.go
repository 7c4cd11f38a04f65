//go:build unix

package main

import (
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"

	"github.com/rogpeppe/go-internal/testscript"
)

// service is the upstream of a script as a program of its own, for a host to start:
//
//	service HOST:PORT DIR
//
// It says where it is, and cannot start while there is a file DIR/broken.
func service() {
	address, dir := os.Args[1], os.Args[2]
	if _, err := os.Stat(filepath.Join(dir, "broken")); err == nil {
		fmt.Fprintln(os.Stderr, "the service is broken")
		os.Exit(3)
	}
	ln, err := net.Listen("tcp", address)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println("the service is at", address)
	err = http.Serve(ln, &upstream{dir: dir, log: newStream(), calls: make(map[string]int)})
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// freeAddress sets $NAME to an address that nothing listens on. The port is below those that
// systems give to who asks for any.
func freeAddress(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) == 1, "freeaddress NAME")
	for {
		address := fmt.Sprintf("127.0.0.1:%d", 20000+rand.IntN(10000))
		if ln, err := net.Listen("tcp", address); err == nil {
			ts.Check(ln.Close())
			ts.Setenv(args[0], address)
			return
		}
	}
}
