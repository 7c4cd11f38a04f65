//go:build ignore

// Table prints for every line of semantics.txt which tests of it passed, with
// the memory cache on and off, from what `go test -json` writes to its standard input:
//
//	go test -json ./host/... ./plugins/... | go run testdata/src/table.go testdata/semantics.txt
//
// It ends with 1 if a line that is built has a test that failed, or none that passed
// with memory on or none with it off.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
)

type event struct{ Action, Package, Test string }

// counts are tests of one line: with memory on, off, and where it plays no part.
type counts struct{ on, off, other, failed int }

var (
	declared = regexp.MustCompile(`^S(\d+)(?: (later).*)?: (.*)`)
	named    = regexp.MustCompile(`^(?:Test)?S(\d+)(?:_?[tT]o_?S(\d+))?((?:_?S\d+)*)`)
)

func main() {
	lines := make(map[int]*counts)
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 16<<20)
	for in.Scan() {
		var e event
		if json.Unmarshal(in.Bytes(), &e) != nil || e.Test == "" || e.Action != "pass" && e.Action != "fail" {
			continue
		}
		for n := range linesOf(e.Test) {
			if lines[n] == nil {
				lines[n] = &counts{}
			}
			lines[n].add(e)
		}
	}
	text, err := os.ReadFile(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	bad := 0
	fmt.Println("line   memory on   off   other   failed")
	for row := range strings.Lines(string(text)) {
		m := declared.FindStringSubmatch(strings.TrimSpace(row))
		if m == nil {
			continue
		}
		n, _ := strconv.Atoi(m[1])
		c := lines[n]
		if c == nil {
			c = &counts{}
		}
		verdict := "pass"
		switch {
		case m[2] != "":
			verdict = "later"
		case c.failed > 0 || c.on == 0 || c.off == 0:
			verdict = "FAIL"
			bad++
		}
		fmt.Printf("S%-5d %9d %5d %7d %8d   %-5s %s\n", n, c.on, c.off, c.other, c.failed, verdict, m[3])
	}
	if bad > 0 {
		fmt.Printf("%d lines do not hold\n", bad)
		os.Exit(1)
	}
}

func (c *counts) add(e event) {
	switch {
	case e.Action == "fail":
		c.failed++
	case strings.Contains(e.Test, "/memory_0"):
		c.off++
	case strings.Contains(e.Test, "/memory_"):
		c.on++
	default:
		c.other++
	}
}

// linesOf returns the lines that a test names, in any part of its name.
func linesOf(test string) map[int]bool {
	out := make(map[int]bool)
	for part := range strings.SplitSeq(test, "/") {
		m := named.FindStringSubmatch(part)
		if m == nil {
			continue
		}
		first, _ := strconv.Atoi(m[1])
		last := first
		if m[2] != "" {
			last, _ = strconv.Atoi(m[2])
		}
		for n := first; n <= last; n++ {
			out[n] = true
		}
		for more := range strings.SplitSeq(m[3], "S") {
			if n, err := strconv.Atoi(strings.Trim(more, "_")); err == nil {
				out[n] = true
			}
		}
	}
	return out
}
