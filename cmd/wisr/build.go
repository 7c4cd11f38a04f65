package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/wisr-dev/wisr/host"
	"github.com/wisr-dev/wisr/host/prerender"
)

type buildCommand struct {
	site
}

// Run makes every page and prints a table of the routes.
func (c *buildCommand) Run(ctx context.Context, t *terminal) error {
	cfg, err := c.load(t)
	if err != nil {
		return err
	}
	bar := newProgress(t)
	h, err := host.Open(ctx, cfg, host.Options{Mode: host.Build, Log: t.logger(c.JSON)})
	if err != nil {
		return err
	}
	report, err := h.Build(ctx, bar.show)
	bar.end()
	if closeErr := h.Close(ctx); err == nil {
		err = closeErr
	}
	if err != nil {
		if ctx.Err() != nil {
			fmt.Fprintf(t.err, "%s made so far; the next run goes on from there\n", pages(report.Made(), " was", " were"))
		}
		return err
	}
	if c.JSON {
		t.json(buildResult(report))
	} else {
		t.routes(report)
	}
	t.failures(report)
	if report.Failed() > 0 {
		return errReported
	}
	return nil
}

// routes prints the table of what was made.
func (t *terminal) routes(r *prerender.Report) {
	w := tabwriter.NewWriter(t.out, 0, 0, 3, ' ', 0)
	fmt.Fprintln(w, "Route\tPlugin\tPages\tMade\tRevalidate\tSize\tFuel\tFailed")
	var total, made, failed int
	var bytes int64
	for i := range r.Routes {
		route := &r.Routes[i]
		fmt.Fprintf(w, "%s\t%s\t%d\t%d\t%s\t%s\t%s\t%s\n", route.Route, route.Plugin, route.Pages, route.Made,
			window(route), size(route.Bytes), work(route.Fuel), count(route.Failed))
		total, made, failed, bytes = total+route.Pages, made+route.Made, failed+route.Failed, bytes+route.Bytes
	}
	fmt.Fprintf(w, "\t\t%d\t%d\t\t%s\t\t%s\n", total, made, size(bytes), count(failed))
	w.Flush()
	fmt.Fprintf(t.out, "\n%s made in %s", pages(made, "", ""), took(r.Took))
	if fresh := total - made; fresh > 0 {
		fmt.Fprintf(t.out, "; %s fresh", pages(fresh, " was", " were"))
	}
	fmt.Fprintln(t.out)
}

// span is a duration without parts that are zero: 24h, not 24h0m0s.
func span(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// took is a span with no more digits than anybody reads.
func took(d time.Duration) time.Duration {
	if d < time.Second {
		return d.Round(time.Millisecond)
	}
	return d.Round(10 * time.Millisecond)
}

// pages counts pages in words.
func pages(n int, one, more string) string {
	if n == 1 {
		return "1 page" + one
	}
	return strconv.Itoa(n) + " pages" + more
}

// failures prints what could not be made, all of it.
func (t *terminal) failures(r *prerender.Report) {
	if r.Failed() == 0 {
		return
	}
	fmt.Fprintf(t.err, "\n%d failed:\n", r.Failed())
	for _, p := range r.Problems {
		fmt.Fprintf(t.err, "\n✗ plugin %s (%s)\n%s\n", p.Plugin, p.Dir, indent(about(p.Plugin, p.Err)))
	}
	for i := range r.Routes {
		route := &r.Routes[i]
		for _, f := range route.Failures {
			fmt.Fprintf(t.err, "\n✗ %s\n%s\n", f.Path, indent(host.Explain(f.Err)))
		}
		if more := route.Failed - len(route.Failures); more > 0 {
			fmt.Fprintf(t.err, "\n✗ %s: and %d more\n", route.Route, more)
		}
	}
}

// window is the span of a route's revalidate, as people read it.
func window(r *prerender.Route) string {
	if r.Pages == 0 {
		return "-"
	}
	show := func(d time.Duration) string {
		if d == 0 {
			return "on demand"
		}
		return span(d)
	}
	if r.Revalidate[0] == r.Revalidate[1] {
		return show(r.Revalidate[0])
	}
	return show(r.Revalidate[0]) + " … " + show(r.Revalidate[1])
}

// work is the fuel of pages, the least and the most: 12,345,678 is 12.3 M.
func work(fuel [2]uint64) string {
	show := func(n uint64) string {
		switch {
		case n < 1e3:
			return strconv.FormatUint(n, 10)
		case n < 1e6:
			return fmt.Sprintf("%.1f k", float64(n)/1e3)
		default:
			return fmt.Sprintf("%.1f M", float64(n)/1e6)
		}
	}
	least, most := show(fuel[0]), show(fuel[1])
	switch {
	case fuel[1] == 0: // none was made, or before fuel was counted
		return "-"
	case least == most:
		return most
	}
	return least + " … " + most
}

func count(n int) string {
	if n == 0 {
		return "-"
	}
	return strconv.Itoa(n)
}

func size(n int64) string {
	switch {
	case n < 1<<10:
		return fmt.Sprintf("%d B", n)
	case n < 1<<20:
		return fmt.Sprintf("%.1f KB", float64(n)/(1<<10))
	default:
		return fmt.Sprintf("%.1f MB", float64(n)/(1<<20))
	}
}

// about is an error without the name of its plugin, for where that stands above it.
func about(plugin string, err error) string {
	text := strings.TrimPrefix(err.Error(), "plugin "+plugin+": ")
	return strings.TrimPrefix(text, fmt.Sprintf("plugin %q: ", plugin))
}

func indent(text string) string {
	return "  " + strings.ReplaceAll(strings.TrimRight(text, "\n"), "\n", "\n  ")
}

// buildResult is what --json prints.
func buildResult(r *prerender.Report) any {
	type failure struct {
		Plugin string `json:"plugin"`
		Path   string `json:"path,omitempty"`
		Error  string `json:"error"`
	}
	failures := []failure{}
	for _, p := range r.Problems {
		failures = append(failures, failure{Plugin: p.Plugin, Error: p.Err.Error()})
	}
	for i := range r.Routes {
		for _, f := range r.Routes[i].Failures {
			failures = append(failures, failure{Plugin: r.Routes[i].Plugin, Path: f.Path, Error: f.Err.Error()})
		}
	}
	type route struct {
		prerender.Route
		Revalidate [2]*int64 `json:"revalidate"` // shortest and longest, in seconds; null: on demand
	}
	routes := []route{}
	for i := range r.Routes {
		next := route{Route: r.Routes[i]}
		for k, window := range next.Route.Revalidate {
			if window > 0 {
				seconds := int64(window / time.Second)
				next.Revalidate[k] = &seconds
			}
		}
		routes = append(routes, next)
	}
	return map[string]any{"routes": routes, "failures": failures, "failed": r.Failed(), "milliseconds": r.Took.Milliseconds()}
}
