package main

import (
	"errors"
	"fmt"
	"net/http"
	"os"

	"github.com/wisr-dev/wisr/host/api"
)

// remote are the flags of commands that talk to a running host. The token is no
// flag: what is on a command line, every user of the machine can read.
type remote struct {
	Admin string `name:"admin" placeholder:"HOST:PORT" env:"WISR_ADMIN" default:"127.0.0.1:9090" help:"Private listener of the running host, which may want its token in the environment variable WISR_ADMIN_TOKEN (default: ${default})."`
	JSON  bool   `name:"json" help:"Print the result as JSON."`
}

func (r *remote) client() (*api.Client, error) {
	return api.NewClient(r.Admin, os.Getenv("WISR_ADMIN_TOKEN"))
}

// end prints why a host said no and returns how the command ends: refused
// where a gate of the host refused.
func (r *remote) end(t *terminal, err error) error {
	var p *api.Problem
	if !errors.As(err, &p) {
		return err
	}
	if r.JSON {
		t.json(p)
	} else {
		t.problem(p)
	}
	if p.Status == http.StatusUnprocessableEntity {
		return errRefused
	}
	return errReported
}

// problem prints one, all of it.
func (t *terminal) problem(p *api.Problem) {
	where := ""
	if p.Path != "" {
		where = p.Path + ": "
	}
	fmt.Fprintf(t.err, "✗ %s%s\n", where, p.Message)
	for _, line := range p.Log {
		fmt.Fprintf(t.err, "  %s\n", line)
	}
	if p.Fix != "" {
		fmt.Fprintf(t.err, "  → %s\n", p.Fix)
	}
}
