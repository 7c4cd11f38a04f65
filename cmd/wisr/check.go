package main

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/wisr-dev/wisr/host"
	"github.com/wisr-dev/wisr/plugins/registry"
)

type checkCommand struct {
	Site string `arg:"" optional:"" default:"." help:"Folder of the site (default: the current one), or a module: a file that ends in .wasm."`
	JSON bool   `name:"json" help:"Print the result as JSON."`
}

// Run prints what each module is, and ends with exitRefused if one would not load.
func (c *checkCommand) Run(ctx context.Context, t *terminal) error {
	var checkups []registry.Checkup
	if filepath.Ext(c.Site) == ".wasm" {
		checkup, err := host.CheckModule(ctx, c.Site)
		if err != nil {
			return err
		}
		checkups = append(checkups, *checkup)
	} else {
		s := site{Site: c.Site, JSON: c.JSON}
		cfg, err := s.load(t)
		if err != nil {
			return err
		}
		checkups, err = host.Check(ctx, cfg, host.Options{Log: t.logger(c.JSON)})
		if err != nil {
			return err
		}
	}
	refused := slices.ContainsFunc(checkups, func(c registry.Checkup) bool { return c.Err() != nil })
	if c.JSON {
		t.json(checkResult(checkups))
	} else {
		for i := range checkups {
			t.checkup(&checkups[i])
		}
		if len(checkups) == 0 {
			fmt.Fprintln(t.out, "there are no plugins")
		}
	}
	if refused {
		return errRefused
	}
	return nil
}

// checkup prints one plugin.
func (t *terminal) checkup(c *registry.Checkup) {
	verdict := "would load"
	if c.Err() != nil {
		verdict = "would NOT load"
	}
	fmt.Fprintf(t.out, "%s: %s\n", c.Plugin, verdict)
	for _, err := range c.Errors {
		fmt.Fprintf(t.out, "  problem   %s\n", strings.ReplaceAll(about(c.Plugin, err), "\n", "\n            "))
	}
	list := func(title string, items []string) {
		for i, item := range items {
			if i > 0 {
				title = ""
			}
			fmt.Fprintf(t.out, "  %-9s %s\n", title, item)
		}
	}
	if m := c.Manifest; m != nil {
		list("route", []string{m.Route.String()})
		list("fetches", m.Fetch.Allow)
		list("headers", slices.Sorted(maps.Keys(m.Fetch.Headers)))
		var files []string
		for name, folder := range m.Folders() {
			files = append(files, "/"+name+" = "+folder)
		}
		slices.Sort(files)
		list("reads", files)
		list("limits", []string{fmt.Sprintf("%s, %s of memory, %s of output", span(m.Limits.Timeout), size(m.Limits.Memory), size(m.Limits.Output))})
	}
	if c.Module != nil {
		list("module", []string{size(c.Module.Size)})
		list("exports", exports(c))
		list("imports", imports(c))
	}
	if c.Fuel[1] > 0 {
		list("fuel", []string{work(c.Fuel) + " for a page in the store"})
	}
	fmt.Fprintln(t.out)
}

func exports(c *registry.Checkup) []string {
	var out []string
	for _, f := range c.Module.Exports {
		out = append(out, f.Name+" "+f.Signature)
	}
	return out
}

func imports(c *registry.Checkup) []string {
	var out []string
	for _, f := range c.Module.Imports {
		line := f.Module + " " + f.Name + " " + f.Signature
		if !f.Provided {
			line += "   ← not provided"
		}
		out = append(out, line)
	}
	return out
}

// checkResult is what --json prints.
func checkResult(checkups []registry.Checkup) any {
	type export struct {
		Name      string `json:"name"`
		Signature string `json:"signature"`
	}
	type imported struct {
		Module    string `json:"module"`
		Name      string `json:"name"`
		Signature string `json:"signature"`
		Provided  bool   `json:"provided"`
	}
	type result struct {
		Plugin   string     `json:"plugin"`
		Loads    bool       `json:"loads"`
		Problems []string   `json:"problems"`
		Route    string     `json:"route,omitempty"`
		Fetch    []string   `json:"fetch,omitempty"`
		Exports  []export   `json:"exports,omitempty"`
		Imports  []imported `json:"imports,omitempty"`
		Fuel     *[2]uint64 `json:"fuel,omitempty"` // the least and the most that a stored page took
	}
	results := []result{}
	for i := range checkups {
		c := &checkups[i]
		r := result{Plugin: c.Plugin, Loads: c.Err() == nil, Problems: []string{}}
		for _, err := range c.Errors {
			r.Problems = append(r.Problems, err.Error())
		}
		if c.Manifest != nil {
			r.Route, r.Fetch = c.Manifest.Route.String(), c.Manifest.Fetch.Allow
		}
		if c.Fuel[1] > 0 {
			r.Fuel = &c.Fuel
		}
		if c.Module != nil {
			for _, f := range c.Module.Exports {
				r.Exports = append(r.Exports, export(f))
			}
			for _, f := range c.Module.Imports {
				r.Imports = append(r.Imports, imported(f))
			}
		}
		results = append(results, r)
	}
	return map[string]any{"plugins": results}
}
