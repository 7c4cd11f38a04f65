package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/wisr-dev/wisr/plugins/scaffold"
	"github.com/wisr-dev/wisr/plugins/toolchain"
)

type newCommand struct {
	What      []string `arg:"" placeholder:"DIR" help:"Folder of the new site, which is new or empty. Or: page NAME, for a page in a site."`
	Lang      string   `required:"" enum:"${languages}" placeholder:"LANGUAGE" help:"What the pages are written in: ${enum}."`
	Site      string   `default:"." placeholder:"SITE" help:"Folder of the site that gets the page (default: the current one)."`
	NoInstall bool     `help:"Leave it to you to install the packages that a new site needs."`
	JSON      bool     `name:"json" help:"Print the result as JSON."`
}

// languageNames are those that --lang takes.
func languageNames() string {
	var names []string
	for _, l := range scaffold.Languages() {
		names = append(names, l.Name)
	}
	return strings.Join(names, ",")
}

// Validate tells a site from a page: a folder named page is ./page.
func (c *newCommand) Validate() error {
	if len(c.What) == 0 {
		return nil // help is asked for, or the parser says so itself
	}
	switch page := c.What[0] == "page"; {
	case page && len(c.What) == 1:
		return errors.New("give the page a name: wisr new page NAME; for a site in a folder named page: wisr new ./page")
	case page && len(c.What) > 2 || !page && len(c.What) > 1:
		return fmt.Errorf("unexpected argument %s; want wisr new DIR, or wisr new page NAME", c.What[len(c.What)-1])
	}
	return nil
}

// Run makes a site or a page.
func (c *newCommand) Run(ctx context.Context, t *terminal) error {
	l, _ := scaffold.Find(c.Lang) // the parser knows no other
	if c.What[0] == "page" {
		return c.page(t, l)
	}
	made, err := scaffold.Site(c.What[0], l)
	if err != nil {
		return err
	}
	missing := toolchain.Here().Missing(l.Needs...)
	installed := l.Setup == "" || len(missing) == 0 && !c.NoInstall && t.setUp(ctx, made.Dir, l)
	c.tell(t, made, missing, installed, c.What[0], l)
	return nil
}

func (c *newCommand) page(t *terminal, l scaffold.Language) error {
	s := site{Site: c.Site}
	cfg, err := s.load(t)
	if err != nil {
		return err
	}
	made, err := scaffold.Page(cfg.Dir, cfg.Path(cfg.Plugins.Dir), c.What[1], l)
	if err != nil {
		return err
	}
	_, err = os.Stat(filepath.Join(cfg.Dir, "node_modules"))
	installed := l.Setup == "" || err == nil || len(made.Mend) > 0 // which installs, too
	c.tell(t, made, toolchain.Here().Missing(l.Needs...), installed, c.Site, l)
	return nil
}

// setUp runs the one command that the language's sites need. Without a network it
// fails, and the site is there all the same.
func (t *terminal) setUp(ctx context.Context, dir string, l scaffold.Language) (ok bool) {
	fmt.Fprintf(t.err, "%s …\n", l.Setup)
	words := strings.Fields(l.Setup)
	command := exec.CommandContext(ctx, words[0], words[1:]...)
	command.Dir, command.Stdout, command.Stderr = dir, t.err, t.err
	if err := command.Run(); err != nil {
		fmt.Fprintf(t.err, "warning: %s: %v\n", l.Setup, err)
		return false
	}
	return true
}

// tell prints what was written, and the commands that come next in the folder at.
func (c *newCommand) tell(t *terminal, made *scaffold.Made, missing []toolchain.Missing, installed bool, at string, l scaffold.Language) {
	next := []string{}
	for _, m := range missing {
		next = append(next, m.Install)
	}
	todo := made.Mend
	if !installed {
		todo = append(todo, l.Setup)
	}
	if len(todo) > 0 && at != "." {
		next, at = append(next, "cd "+at), "."
	}
	next = append(next, todo...)
	next = append(next, strings.TrimSuffix("wisr dev "+at, " ."))
	if c.JSON {
		t.json(struct {
			*scaffold.Made
			Next []string `json:"next"`
		}{made, next})
		return
	}
	for _, m := range missing {
		fmt.Fprintf(t.err, "warning: %s\n", m)
	}
	fmt.Fprintf(t.out, "%s: %d files\n\nNext:\n\n    %s\n\n", made.Dir, len(made.Files), strings.Join(next, "\n    "))
}
