// Package shell runs the commands that sites and plugins name, and all that those start.
//
//	cmd := shell.Command(ctx, "go run ./api")
//	cmd.Stdout = &shell.Lines{Put: func(line string) { log.Info(line) }}
//
// A command has a process group of its own: it and what it started are ended together,
// by the end of its context or by [Kill], and Ctrl-C at the terminal reaches only who
// runs them. The package decides nothing: which command, in which folder and with which
// environment is for its callers to say.
package shell
