package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"

	"github.com/wisr-dev/wisr/host/api"
	"github.com/wisr-dev/wisr/plugins/registry"
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

// maxRefusals is how many reasons are printed. A mistake in a layout breaks every page in the same way.
const maxRefusals = 3

// call asks the host.
func (r *remote) call(ctx context.Context, method, path string, in, out any) error {
	client, err := r.client()
	if err != nil {
		return err
	}
	return client.Call(ctx, method, path, in, out)
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
	if p.Report == nil || len(p.Report.Refusals) == 0 {
		t.refusal(registry.Refusal{Message: p.Message, Path: p.Path, Log: p.Log, Fix: p.Fix})
		return
	}
	fmt.Fprintf(t.err, "%s is refused; what was live is live\n", p.Report.Plugin)
	for i, r := range p.Report.Refusals {
		if i == maxRefusals {
			fmt.Fprintf(t.err, "✗ and %d more; --json prints all\n", len(p.Report.Refusals)-i)
			break
		}
		t.refusal(r)
	}
}

func (t *terminal) refusal(r registry.Refusal) {
	where := ""
	if r.Path != "" && !strings.Contains(r.Message, r.Path) {
		where = r.Path + ": "
	}
	fmt.Fprintf(t.err, "✗ %s%s\n", where, strings.TrimSpace(strings.ReplaceAll(r.Message, "\n", "\n  ")))
	if r.Log != "" {
		fmt.Fprintln(t.err, indent(r.Log))
	}
	if r.Fix != "" {
		fmt.Fprintf(t.err, "  → %s\n", r.Fix)
	}
}
