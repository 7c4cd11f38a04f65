package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/wisr-dev/wisr/host/demand"
)

type revalidateCommand struct {
	Path   []string `placeholder:"/PATH" sep:"none" help:"Make this page anew; may be repeated."`
	Tag    []string `placeholder:"TAG" sep:"none" help:"Mark pages with this tag: they are made anew at their next visits. May be repeated."`
	Source []string `placeholder:"URL" sep:"none" help:"Mark pages that fetched this URL, or with * at its end any that begins so; may be repeated."`
	Plugin string   `placeholder:"NAME" help:"Mark all pages of this plugin; beside other names, only its pages are meant."`
	Mode   string   `placeholder:"MODE" enum:"mark,regenerate,purge,default" default:"default" help:"mark: everything is marked; regenerate: everything is made anew now; purge: everything is dropped."`

	OnlyGenerated bool `name:"only-generated" help:"Leave paths alone that were never made."`
	Follow        bool `help:"Make everything anew now, as --mode regenerate, and print each page when it is there; with --json, one object a line."`

	remote
}

// request is what the flags ask for.
func (c *revalidateCommand) request() demand.Request {
	r := demand.Request{Paths: c.Path, Tags: c.Tag, Sources: c.Source, Plugin: c.Plugin, OnlyGenerated: c.OnlyGenerated}
	if c.Mode != "default" {
		r.Mode = demand.Mode(c.Mode)
	}
	if c.Follow {
		r.Mode = demand.Regenerate
	}
	return r
}

// Validate is called when the flags are parsed.
func (c *revalidateCommand) Validate() error {
	if c.Follow && c.Mode != "default" && c.Mode != string(demand.Regenerate) {
		return fmt.Errorf("--follow makes pages now; it does not go with --mode %s", c.Mode)
	}
	r := c.request()
	return r.Check()
}

// Run prints a line for each name and page, and fails if one of them did.
func (c *revalidateCommand) Run(ctx context.Context, t *terminal) error {
	client, err := c.client()
	if err != nil {
		return err
	}
	all := demand.Answer{Results: []demand.Result{}}
	ended := false
	err = client.Lines(ctx, "/api/revalidate", c.request(), func(line []byte) error {
		var one struct {
			demand.Result
			Revalidated *bool                  `json:"revalidated"` // of the last line
			Counts      map[demand.Outcome]int `json:"counts"`
		}
		if err := json.Unmarshal(line, &one); err != nil {
			return fmt.Errorf("read the answer: %w", err)
		}
		if one.Revalidated != nil {
			all.Revalidated, all.Counts, all.Error, ended = *one.Revalidated, one.Counts, one.Error, true
		}
		switch {
		case c.JSON && c.Follow:
			fmt.Fprintf(t.out, "%s\n", line)
		case c.JSON && one.Revalidated == nil:
			all.Results = append(all.Results, one.Result)
		case !c.JSON && one.Revalidated == nil:
			t.revalidated(one.Result)
		}
		return nil
	})
	switch {
	case err != nil:
		return c.end(t, err)
	case !ended:
		return errors.New("the host ended before it had answered")
	case c.JSON && !c.Follow:
		t.json(all)
	case !c.JSON && all.Error != "":
		fmt.Fprintf(t.err, "wisr: the work ended early: %s\n", all.Error)
	}
	if !all.Revalidated {
		return errReported
	}
	return nil
}

// revalidated prints one result.
func (t *terminal) revalidated(r demand.Result) {
	name := r.Path
	switch {
	case r.Tag != "":
		name = "tag " + r.Tag
	case r.Source != "":
		name = "source " + r.Source
	case r.Plugin != "":
		name = "plugin " + r.Plugin
	}
	status := "-"
	if r.Status != 0 {
		status = fmt.Sprint(r.Status)
	}
	line := fmt.Sprintf("%-11s  %-3s  %s", r.Result, status, name)
	if r.Error != "" {
		line += ": " + strings.ReplaceAll(cmp.Or(strings.TrimSpace(r.Error), "?"), "\n", " ")
	}
	fmt.Fprintln(t.out, line)
}
