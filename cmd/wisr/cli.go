package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/alecthomas/kong"

	"github.com/wisr-dev/wisr/host"
	"github.com/wisr-dev/wisr/host/config"
)

// Exit codes of every command.
const (
	exitDone    = 0
	exitFailed  = 1
	exitUsage   = 2
	exitRefused = 3 // by a gate: a check that says no
)

// errRefused makes a command end with exitRefused; what it has to say is printed already.
var errRefused = errors.New("refused")

// errReported makes a command end with exitFailed; what it has to say is printed already.
var errReported = errors.New("failed")

// commands is the command line.
type commands struct {
	Dev        devCommand        `cmd:"" help:"Serve a site while you write it: every request makes its page anew, changes show at once."`
	Build      buildCommand      `cmd:"" help:"Build the modules from source and make every page."`
	Start      startCommand      `cmd:"" help:"Serve a site."`
	Check      checkCommand      `cmd:"" help:"Say what a module exports, imports and asks for, and whether it would load."`
	New        newCommand        `cmd:"" help:"Make a site, or a page in one."`
	Plugin     pluginCommand     `cmd:"" help:"Load, roll back and remove plugins of a running host; sign them."`
	Revalidate revalidateCommand `cmd:"" help:"Make pages of a running host anew, or mark or drop them."`
	Explain    explainCommand    `cmd:"" help:"Say what a visitor of a path would get from a running host, and why."`
	Cluster    clusterCommand    `cmd:"" help:"Say how many hosts of one site are doing."`
	Store      storeCommand      `cmd:"" help:"Copy pages between stores."`

	Version kong.VersionFlag `help:"Print the version."`
}

// site are the arguments that commands on a site share.
type site struct {
	Site string `arg:"" optional:"" default:"." help:"Folder of the site, with wisr.toml (default: the current one)." placeholder:"SITE"`
	JSON bool   `name:"json" help:"Print the result as JSON."`
}

// listeners are the flags of commands that serve.
type listeners struct {
	Listen string `placeholder:"HOST:PORT" help:"Address for visitors, in place of [server] listen."`
	Admin  string `placeholder:"HOST:PORT" help:"Address for operators, in place of [admin] listen."`
}

// terminal is where a command prints: results on out, everything else on err.
type terminal struct {
	out, err io.Writer
}

// run runs the command that args name and returns its exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	term := &terminal{out: stdout, err: stderr}
	var cli commands
	exited := -1
	parser, err := kong.New(&cli,
		kong.Name("wisr"),
		kong.Description("wisr serves sites whose pages are WebAssembly modules."),
		kong.Vars{"version": "wisr " + host.Version(), "languages": languageNames()},
		kong.Writers(stdout, stderr),
		kong.Exit(func(code int) { exited = code }),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(term),
	)
	if err != nil {
		return term.fail(err)
	}
	command, err := parser.Parse(args)
	if exited >= 0 { // --help and --version
		return exited
	}
	if err != nil {
		fmt.Fprintf(stderr, "wisr: %v\nRun `wisr --help` to see what there is.\n", err)
		return exitUsage
	}
	switch err := command.Run(); {
	case err == nil:
		return exitDone
	case errors.Is(err, errRefused):
		return exitRefused
	case errors.Is(err, errReported):
		return exitFailed
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		fmt.Fprintln(stderr, "wisr: interrupted")
		return exitFailed
	default:
		return term.fail(err)
	}
}

func (t *terminal) fail(err error) int {
	fmt.Fprintf(t.err, "wisr: %v\n", err)
	return exitFailed
}

// load reads the site's configuration and prints its warnings.
func (s *site) load(t *terminal) (*config.Config, error) {
	dir, err := filepath.Abs(s.Site)
	if err != nil {
		return nil, err
	}
	cfg, err := config.Load(dir, os.LookupEnv)
	if err != nil {
		return nil, err
	}
	for _, warning := range cfg.Warnings {
		fmt.Fprintf(t.err, "warning: %s\n", warning)
	}
	return cfg, nil
}

// apply puts the addresses of the flags in place of the configured ones.
func (l *listeners) apply(cfg *config.Config) error {
	if l.Listen != "" {
		cfg.Server.Listen = l.Listen
	}
	if l.Admin != "" {
		cfg.Admin.Listen = l.Admin
	}
	return cfg.Validate()
}
