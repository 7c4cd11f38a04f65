package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"sync"
)

// logger is for what happens while a command runs: lines for people on a
// terminal, key=value elsewhere, JSON with --json.
func (t *terminal) logger(asJSON bool) *slog.Logger {
	switch {
	case asJSON:
		return slog.New(slog.NewJSONHandler(t.err, nil))
	case isTerminal(t.err):
		return slog.New(&console{w: t.err, color: os.Getenv("NO_COLOR") == "", mu: new(sync.Mutex)})
	default:
		return slog.New(slog.NewTextHandler(t.err, nil))
	}
}

// json prints a result.
func (t *terminal) json(v any) {
	encoder := json.NewEncoder(t.out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(v); err != nil {
		fmt.Fprintf(t.err, "wisr: print the result: %v\n", err)
	}
}

// console is a slog.Handler for people: one line a record, and a value of
// several lines, as a compiler's output is, below it as it is.
type console struct {
	w     io.Writer
	color bool
	attrs []slog.Attr
	mu    *sync.Mutex // guards w
}

// Enabled is for slog.
func (c *console) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelInfo }

// WithAttrs is for slog.
func (c *console) WithAttrs(attrs []slog.Attr) slog.Handler {
	next := *c
	next.attrs = append(c.attrs[:len(c.attrs):len(c.attrs)], attrs...)
	return &next
}

// WithGroup is for slog; groups are not shown.
func (c *console) WithGroup(string) slog.Handler { return c }

// Handle is for slog.
func (c *console) Handle(_ context.Context, r slog.Record) error {
	var line, below bytes.Buffer
	line.WriteString(c.paint("2", r.Time.Format("15:04:05")))
	switch {
	case r.Level >= slog.LevelError:
		line.WriteString(" " + c.paint("31", "error"))
	case r.Level >= slog.LevelWarn:
		line.WriteString(" " + c.paint("33", "warn"))
	}
	line.WriteString(" " + r.Message)
	add := func(a slog.Attr) bool {
		value := strings.TrimRight(a.Value.String(), "\n")
		if strings.Contains(value, "\n") {
			below.WriteString(indent(value) + "\n")
		} else {
			line.WriteString(" " + c.paint("2", a.Key+"=") + value)
		}
		return true
	}
	for _, a := range c.attrs {
		add(a)
	}
	r.Attrs(add)
	line.WriteByte('\n')
	c.mu.Lock()
	defer c.mu.Unlock()
	_, err := c.w.Write(append(line.Bytes(), below.Bytes()...))
	return err
}

func (c *console) paint(code, text string) string {
	if !c.color {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}
