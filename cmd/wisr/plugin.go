package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"text/tabwriter"

	"github.com/wisr-dev/wisr/host/api"
	"github.com/wisr-dev/wisr/plugins/registry"
)

// pluginCommand is what operators do with the plugins of a running host, and
// authors with the folder of one.
type pluginCommand struct {
	List     listCommand     `cmd:"" help:"List the plugins of a running host."`
	Load     loadCommand     `cmd:"" help:"Send the plugin in a folder to a running host and make it active there."`
	Rollback rollbackCommand `cmd:"" help:"Make an earlier version of a plugin active again, with its pages."`
	Remove   removeCommand   `cmd:"" help:"Take a plugin away from a running host."`
	Versions versionsCommand `cmd:"" help:"List the versions of a plugin that can be rolled back to."`
	Keygen   keygenCommand   `cmd:"" help:"Make a key to sign plugins with."`
	Sign     signCommand     `cmd:"" help:"Sign the plugin in a folder."`
}

// pluginPath is where a plugin is in the API.
func pluginPath(name string) string { return "/api/plugins/" + url.PathEscape(name) }

type listCommand struct {
	remote
}

// Run prints a table of the plugins.
func (c *listCommand) Run(ctx context.Context, t *terminal) error {
	var plugins api.Plugins
	if err := c.call(ctx, http.MethodGet, "/api/plugins", nil, &plugins); err != nil {
		return c.end(t, err)
	}
	if c.JSON {
		t.json(plugins)
		return nil
	}
	w := tabwriter.NewWriter(t.out, 0, 0, 3, ' ', 0)
	fmt.Fprintln(w, "Plugin\tRoute\tState\tVersion\tFrom\tSince")
	for _, p := range plugins.Plugins {
		origin, since := "-", "-"
		for _, v := range p.Versions {
			if v.Active {
				origin, since = string(v.Origin), day(v.Since)
			}
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", p.Name, p.Route, p.State, short(p.Active), origin, since)
	}
	w.Flush()
	for _, p := range plugins.Problems {
		fmt.Fprintf(t.err, "\n✗ plugin %s\n%s\n", p.Plugin, indent(p.Message))
	}
	return nil
}

type versionsCommand struct {
	Name string `arg:"" help:"Name of the plugin."`
	remote
}

// Run prints a table of the versions.
func (c *versionsCommand) Run(ctx context.Context, t *terminal) error {
	var plugin api.Plugin
	if err := c.call(ctx, http.MethodGet, pluginPath(c.Name), nil, &plugin); err != nil {
		return c.end(t, err)
	}
	if c.JSON {
		t.json(plugin)
		return nil
	}
	w := tabwriter.NewWriter(t.out, 0, 0, 3, ' ', 0)
	fmt.Fprintln(w, "\tVersion\tFrom\tSince\tSize")
	for _, v := range plugin.Versions {
		mark := ""
		if v.Active {
			mark = "→"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", mark, short(v.ID), v.Origin, day(v.Since), size(v.Bytes))
	}
	w.Flush()
	if plugin.Problem != "" {
		fmt.Fprintf(t.err, "\n✗ %s\n", plugin.Problem)
	}
	return nil
}

type rollbackCommand struct {
	Name    string `arg:"" help:"Name of the plugin."`
	Version string `arg:"" optional:"" help:"Version to go back to, or the beginning of it (default: the one before)."`
	remote
}

// Run goes back.
func (c *rollbackCommand) Run(ctx context.Context, t *terminal) error {
	var report registry.Report
	if err := c.call(ctx, http.MethodPost, pluginPath(c.Name)+"/rollback", api.Rollback{Version: c.Version}, &report); err != nil {
		return c.end(t, err)
	}
	c.report(t, &report)
	return nil
}

type removeCommand struct {
	Name string `arg:"" help:"Name of the plugin."`
	remote
}

// Run takes the plugin away.
func (c *removeCommand) Run(ctx context.Context, t *terminal) error {
	if err := c.call(ctx, http.MethodDelete, pluginPath(c.Name), nil, nil); err != nil {
		return c.end(t, err)
	}
	if c.JSON {
		t.json(map[string]string{"plugin": c.Name, "outcome": "removed"})
		return nil
	}
	fmt.Fprintf(t.out, "%s: removed\n", c.Name)
	return nil
}
