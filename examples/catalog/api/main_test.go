package main

import (
	"context"
	"io"
	"net"
	"net/http"
	"testing"

	"github.com/wisr-dev/wisr/examples/catalog/api/notify"
)

// A request that is under way when the program is told to stop gets its answer.
func TestServeEndsWhenToldAndFinishesWhatItBegan(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	inside := make(chan struct{})
	ended := make(chan error, 1)
	go func() {
		ended <- serve(ctx, ln, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			close(inside)
			<-ctx.Done()
			io.WriteString(w, "done")
		}))
	}()
	go func() {
		<-inside
		stop()
	}()
	response, err := http.Get("http://" + ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if body, err := io.ReadAll(response.Body); err != nil || string(body) != "done" {
		t.Errorf("%q, %v", body, err)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestRunSaysWhyItCannotListen(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	if err := run(t.Context(), ln.Addr().String(), 0, "", notify.Site{}); err == nil {
		t.Error("no error for an address in use")
	}
}
