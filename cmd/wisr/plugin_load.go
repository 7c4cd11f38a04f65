package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"time"

	"github.com/wisr-dev/wisr/host"
	"github.com/wisr-dev/wisr/host/api"
	"github.com/wisr-dev/wisr/plugins/registry"
)

type loadCommand struct {
	Dir       string `arg:"" help:"Folder of the plugin, with plugin.toml." placeholder:"DIR"`
	SkipTrial bool   `help:"Make it active without trying it: for emergencies, when what is live is worse than anything."`
	NoBuild   bool   `help:"Send the module that is there, also if the manifest says how to build it."`
	remote
}

// Run builds the plugin if its manifest says how, sends it, and tells what came of it.
func (c *loadCommand) Run(ctx context.Context, t *terminal) error {
	if !c.NoBuild {
		if err := host.BuildPlugin(ctx, c.Dir, t.logger(c.JSON)); err != nil {
			return err
		}
	}
	plugin, err := readPlugin(c.Dir)
	if err != nil {
		return err
	}
	body, contentType, err := plugin.form()
	if err != nil {
		return err
	}
	client, err := c.client()
	if err != nil {
		return err
	}
	fmt.Fprintf(t.err, "sending %s, %s\n", plugin.name, size(int64(len(plugin.module))))
	stop := follow(ctx, client, plugin.name, func(step string) { fmt.Fprintf(t.err, "%s\n", step) })
	defer stop()
	path := pluginPath(plugin.name)
	if c.SkipTrial {
		path += "?trial=skip"
	}
	answer, err := client.Do(ctx, http.MethodPut, path, contentType, body)
	stop()
	if err != nil {
		return c.end(t, err)
	}
	defer answer.Body.Close()
	var report registry.Report
	if err := json.NewDecoder(answer.Body).Decode(&report); err != nil {
		return fmt.Errorf("read the host's answer: %w", err)
	}
	c.report(t, &report)
	return nil
}

// form is the plugin as the host wants it sent.
func (p *pluginFiles) form() (body io.Reader, contentType string, err error) {
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	for _, part := range []struct {
		name    string
		content []byte
	}{{api.PartManifest, p.manifest}, {api.PartModule, p.module}, {api.PartSignature, p.signature}} {
		if part.content == nil {
			continue
		}
		file, err := w.CreateFormFile(part.name, part.name)
		if err == nil {
			_, err = file.Write(part.content)
		}
		if err != nil {
			return nil, "", err
		}
	}
	return &form, w.FormDataContentType(), w.Close()
}

// follow tells the steps that the host takes with a plugin, until stop is called.
// A host that does not tell them loads it all the same.
func follow(ctx context.Context, client *api.Client, plugin string, tell func(string)) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	listening := make(chan struct{})
	go func() {
		defer close(ended)
		// It ends with the context, and what else goes wrong the upload finds too.
		_ = client.Events(ctx, plugin, api.EventProgress, func() { close(listening) }, func(e api.Event) { tell(e.Message) })
	}()
	select {
	case <-listening:
	case <-ended:
	}
	return func() {
		cancel()
		<-ended
	}
}

// report prints what came of a load or a rollback.
func (r *remote) report(t *terminal, report *registry.Report) {
	if r.JSON {
		t.json(report)
		return
	}
	switch {
	case report.Outcome == registry.Unchanged:
		fmt.Fprintf(t.out, "%s: version %s is live already\n", report.Plugin, short(report.Version))
	case report.Previous == "":
		fmt.Fprintf(t.out, "%s: version %s is live after %v\n", report.Plugin, short(report.Version), took(report.Took))
	default:
		fmt.Fprintf(t.out, "%s: version %s is live after %v, in place of %s\n", report.Plugin, short(report.Version), took(report.Took), short(report.Previous))
	}
	if n := len(report.Paths); n > 0 {
		fmt.Fprintf(t.out, "  tried on %s\n", pages(n, "", ""))
	}
	if report.Trial == registry.TrialSkipped {
		fmt.Fprintln(t.out, "  not tried, as you asked for")
	}
}

// short is a version as people read it.
func short(id string) string { return id[:min(12, len(id))] }

// day is a time as a table has it.
func day(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.Local().Format("2006-01-02 15:04")
}
