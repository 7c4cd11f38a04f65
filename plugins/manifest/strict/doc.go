// Package strict reads TOML into a Go struct and accepts nothing that the
// struct does not name. It is the one way in which wisr reads TOML, so that a
// mistake in plugin.toml and one in wisr.toml are told in the same words.
//
//	var f struct {
//		Name   string `toml:"name"`
//		Limits struct {
//			Timeout strict.Duration `toml:"timeout"`
//		} `toml:"limits"`
//	}
//	f.Limits.Timeout = strict.Duration(10 * time.Second) // the default: absent keys change nothing
//	doc, err := strict.Decode("plugin.toml", data, &f)
//	if doc == nil {
//		return err // not TOML at all
//	}
//	if !doc.Has("name") {
//		doc.Errorf("name", `add name = "blog" at the top of the file`, "name is missing")
//	}
//	return doc.Err()
//
// With the file
//
//	name = "blog"
//	[limits]
//	timeot = "10s"
//
// that returns
//
//	plugin.toml:3:1: unknown key limits.timeot (did you mean "timeout"? [limits] takes timeout)
//
// Everything that is wrong with a file is told at once, each error with its
// line, its column and what to do about it. A value that came from the
// environment, and one that is read into a [Secret], never appears in an error.
//
// The package reads bytes from strangers: files are bounded in size, number of
// values and depth before anything is built from them. It knows nothing of
// what keys mean; that is the caller's business, by [Document.Errorf].
package strict
