//go:build ignore

// Bars prints a table of what `go test -bench` measured beside the bars that the
// benchmarks state, from what that writes to standard input:
//
//	go test -run '^$' -bench . ./plugins/sandbox | go run testdata/src/bars.go
//
// A metric "x" has a bar if there is "x-most" or "x-least"; "of-x", which is a part
// of another, and "to-floor" have none and are in the table as well; with -all, every metric is. What is read goes to
// standard error as it comes. Bars that are not met do not make it fail: they are for
// a machine that has nothing else to do.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"
	"text/tabwriter"
)

// bar is a metric and what it is to be.
type bar struct {
	measure, unit string
	got, want     float64
	least         bool
	none          bool // it has no bar
}

func main() {
	all := flag.Bool("all", false, "show what has no bar as well")
	flag.Parse()
	var bars []bar
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		fmt.Fprintln(os.Stderr, in.Text())
		bars = append(bars, barsOf(in.Text(), *all)...)
	}
	if err := in.Err(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	out := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(out, "measure\tunit\tgot\tbar\t")
	for _, b := range bars {
		if b.none {
			fmt.Fprintf(out, "%s\t%s\t%.4g\t\t\n", b.measure, b.unit, b.got)
			continue
		}
		sign, met := "≤", b.got <= b.want
		if b.least {
			sign, met = "≥", b.got >= b.want
		}
		missed := ""
		if !met {
			missed = "missed"
		}
		fmt.Fprintf(out, "%s\t%s\t%.4g\t%s %g\t%s\n", b.measure, b.unit, b.got, sign, b.want, missed)
	}
	out.Flush()
}

// barsOf gives the metrics with bars of a benchmark's line: its name, how often it
// ran, and pairs of a number and its unit.
func barsOf(line string, all bool) (bars []bar) {
	fields := strings.Fields(line)
	if len(fields) < 4 || !strings.HasPrefix(fields[0], "Benchmark") {
		return nil
	}
	metrics := map[string]float64{}
	for k := 2; k+1 < len(fields); k += 2 {
		if v, err := strconv.ParseFloat(fields[k], 64); err == nil {
			metrics[fields[k+1]] = v
		}
	}
	name := strings.TrimPrefix(fields[0], "Benchmark")
	if cut := strings.LastIndexByte(name, '-'); cut > 0 {
		name = name[:cut] // the number of processors
	}
	for k := 3; k < len(fields); k += 2 { // in the order of the line
		unit := fields[k]
		if strings.HasSuffix(unit, "-most") || strings.HasSuffix(unit, "-least") {
			continue
		}
		if most, ok := metrics[unit+"-most"]; ok {
			bars = append(bars, bar{measure: name, unit: unit, got: metrics[unit], want: most})
		} else if least, ok := metrics[unit+"-least"]; ok {
			bars = append(bars, bar{measure: name, unit: unit, got: metrics[unit], want: least, least: true})
		} else if all || strings.HasPrefix(unit, "of-") || unit == "to-floor" {
			bars = append(bars, bar{measure: name, unit: unit, got: metrics[unit], none: true})
		}
	}
	return bars
}
