// Package build goes from source to module: it runs the [build] command of a
// plugin's manifest when, and only when, the plugin's sources are not those of
// the module that is there. For a page in TypeScript or JavaScript it needs no
// command: it bundles the page (package bundle) and links it with a JavaScript engine
// (package link). Its package.json may ask for a module that runs without wisr.
//
//	b := build.New(build.Options{StateDir: site + "/.wisr/build"})
//	result, err := b.Build(ctx, m)
//	var failed *build.Error
//	if errors.As(err, &failed) {
//		fmt.Fprintf(os.Stderr, "%s", failed.Output)
//	}
//
// Whether a module is up to date is decided by content, not by time: a stamp
// holds the hash of the command and of every file that [build] watch matches,
// and the hash of the module that came out. A fresh checkout, a touched file or a
// clock that was set back build nothing; an edited file, a changed command or a
// module that someone replaced do. What the toolchain is, is not part of it.
//
// The command is the site owner's and runs with the owner's rights, outside of
// any sandbox. It is never run for a plugin that was sent over HTTP: such a one
// has no folder. The package never loads a module and does not watch files; it
// tells which folders to watch ([Builder.Inputs]).
package build
