package registry

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/wisr-dev/wisr/plugins/page"
	"github.com/wisr-dev/wisr/plugins/sandbox"
)

// Generated is what one generation made.
type Generated struct {
	Result  page.Result // Header always has a Content-Type if Kind is KindProps
	Body    []byte
	Sources []string     // URLs that were read
	Seen    sandbox.Seen // what it was told besides its input
	Fuel    uint64       // work that it took (see sandbox.Instance.Fuel)
	Log     []sandbox.LogLine
}

// Failure says why a generation failed, for people who have to mend the page.
type Failure struct {
	Plugin string
	Export string // the function that failed; "" before any was called
	Path   string
	Cause  string // one of the sandbox's causes, causeResult or causeLoad
	Err    error
	Stack  string // the guest's, where it has one
	Log    []sandbox.LogLine
}

// The causes besides the sandbox's.
const (
	causeResult = "result" // what the guest returned is refused
	causeLoad   = "load"   // the plugin did not load
)

// Error names plugin, export, path and cause in one line.
func (f *Failure) Error() string {
	where := "plugin " + f.Plugin
	if f.Export != "" {
		where += ": " + f.Export
	}
	if f.Path != "" {
		where += " of " + f.Path
	}
	return where + ": " + f.Message()
}

// Message is the cause alone.
func (f *Failure) Message() string {
	var guest *sandbox.Failure
	if f.Cause != causeLoad && errors.As(f.Err, &guest) {
		return guest.Message
	}
	// What refuses a result names the export as well.
	return strings.TrimPrefix(f.Err.Error(), f.Export+": ")
}

func (f *Failure) Unwrap() error { return f.Err }

// Trace is the guest's stack and what it logged, line by line, "" for nothing.
func (f *Failure) Trace() string {
	var lines []string
	if f.Stack != "" {
		lines = append(lines, strings.TrimRight(f.Stack, "\n"))
	}
	for _, line := range f.Log {
		lines = append(lines, "log "+strings.ToLower(line.Level.String())+": "+line.Text)
	}
	return strings.Join(lines, "\n")
}

var noProps = json.RawMessage("{}")

// Generate makes the page of one path in a fresh instance: getStaticProps,
// then render. The error is a *Failure, or ctx's.
func (v *Version) Generate(ctx context.Context, in page.Input, reason page.Reason) (*Generated, error) {
	made, err := v.generate(ctx, in, reason)
	v.ended(in, err)
	return made, err
}

// Renew is Generate for a path that was made before by this version, from the
// same input, by a generation that saw what is given. Where a generation would
// see the same now, and so make the same page, no guest runs and unchanged is
// true.
func (v *Version) Renew(ctx context.Context, in page.Input, reason page.Reason, seen sandbox.Seen) (made *Generated, unchanged bool, err error) {
	made, err = v.runWith(ctx, in, func() (*sandbox.Instance, error) {
		check, err := v.module.Check(ctx, seen)
		if err != nil {
			return nil, err
		}
		if unchanged = check.Unchanged; unchanged {
			return nil, nil
		}
		return check.Run(ctx)
	}, v.maker(ctx, in, reason))
	if !unchanged {
		v.ended(in, err)
	}
	return made, unchanged, err
}

// generate is Generate without a record of how it ended.
func (v *Version) generate(ctx context.Context, in page.Input, reason page.Reason) (*Generated, error) {
	return v.run(ctx, in, v.maker(ctx, in, reason))
}

// maker is what is done with the instance of a generation.
func (v *Version) maker(ctx context.Context, in page.Input, reason page.Reason) func(*sandbox.Instance) (*Generated, error) {
	return func(inst *sandbox.Instance) (*Generated, error) {
		result := page.Result{Kind: page.KindProps, Props: noProps, Status: 200}
		if v.module.Has(page.ExportProps) {
			output, err := inst.Call(ctx, page.ExportProps, in.Props(reason))
			if err != nil {
				return nil, v.failure(page.ExportProps, in.Path, err)
			}
			if result, err = page.DecodeResult(output); err != nil {
				return nil, v.failure(page.ExportProps, in.Path, err)
			}
		}
		made := &Generated{Result: result}
		if result.Kind == page.KindProps {
			body, err := v.render(ctx, inst, in, result.Props, false)
			if err != nil {
				return nil, err
			}
			made.Body = body
			made.Result.Header = withContentType(in.Path, result.Header)
		}
		return made, nil
	}
}

// Shell returns the page that stands in while a path of a route with fallback
// true is generated for the first time (S61): render without props. It is the
// same for every path of a locale (S64), and made once.
func (v *Version) Shell(ctx context.Context, in page.Input) (*Generated, error) {
	made, err, _ := v.making.Do(in.Locale, func() (any, error) {
		if made, ok := v.shells.Load(in.Locale); ok {
			return made, nil
		}
		made, err := v.makeShell(context.WithoutCancel(ctx), in)
		if err == nil {
			v.shells.Store(in.Locale, made)
		}
		return made, err
	})
	if err != nil {
		return nil, err
	}
	return made.(*Generated), nil
}

func (v *Version) makeShell(ctx context.Context, in page.Input) (*Generated, error) {
	in.Path, in.Params = v.Route.String(), nil // of no path in particular
	return v.run(ctx, in, func(inst *sandbox.Instance) (*Generated, error) {
		body, err := v.render(ctx, inst, in, noProps, true)
		if err != nil {
			return nil, err
		}
		return &Generated{
			Result: page.Result{Kind: page.KindProps, Props: noProps, Status: 200, Header: withContentType("", nil)},
			Body:   body,
		}, nil
	})
}

// run gives f one fresh instance and adds to what it made what the instance saw.
func (v *Version) run(ctx context.Context, in page.Input, f func(*sandbox.Instance) (*Generated, error)) (*Generated, error) {
	return v.runWith(ctx, in, func() (*sandbox.Instance, error) { return v.module.Run(ctx) }, f)
}

// runWith is run with an instance that start makes, or none if there is nothing
// to do.
func (v *Version) runWith(ctx context.Context, in page.Input, start func() (*sandbox.Instance, error), f func(*sandbox.Instance) (*Generated, error)) (*Generated, error) {
	if v.Err != nil {
		f := &Failure{Plugin: v.Plugin, Path: in.Path, Cause: causeLoad, Err: fmt.Errorf("it is not loaded: %w", v.Err)}
		var first *Failure
		if errors.As(v.Err, &first) { // a guest was run to load it
			f.Stack, f.Log = first.Stack, first.Log
		}
		return nil, f
	}
	if err := v.acquire(); err != nil {
		return nil, err
	}
	defer v.release()
	inst, err := start()
	if err != nil {
		return nil, v.failure("", in.Path, err)
	}
	if inst == nil {
		return nil, nil
	}
	defer inst.Close()
	made, err := f(inst)
	if err != nil {
		var failure *Failure
		if errors.As(err, &failure) && failure.Log == nil {
			failure.Log = inst.Log()
		}
		return nil, err
	}
	made.Log = inst.Log()
	made.Sources = inst.Sources()
	made.Seen = inst.Seen()
	made.Fuel = inst.Fuel()
	return made, nil
}

func (v *Version) render(ctx context.Context, inst *sandbox.Instance, in page.Input, props json.RawMessage, fallback bool) ([]byte, error) {
	body, err := inst.Call(ctx, page.ExportRender, in.Render(props, fallback))
	if err != nil {
		return nil, v.failure(page.ExportRender, in.Path, err)
	}
	if err := page.CheckBody(body); err != nil {
		return nil, v.failure(page.ExportRender, in.Path, err)
	}
	return body, nil
}

func (v *Version) failure(export, path string, err error) error {
	f := &Failure{Plugin: v.Plugin, Export: export, Path: path, Cause: causeResult, Err: err}
	var guest *sandbox.Failure
	if errors.As(err, &guest) {
		f.Cause, f.Stack, f.Log = string(guest.Cause), guest.Stack, guest.Log
		if f.Export == "" {
			f.Export = guest.Export
		}
	}
	return f
}

// withContentType adds the content type unless the page has set one.
func withContentType(path string, header []page.Field) []page.Field {
	for _, f := range header {
		if f.Name == "Content-Type" {
			return header
		}
	}
	return append(header[:len(header):len(header)], page.Field{Name: "Content-Type", Value: page.ContentType(path, header)})
}
