//go:build ignore

// Costs writes what `task bench:languages` measured into the tables of the manuals
// that are named, from what the benchmark writes to standard input:
//
//	go test -run '^$' -bench BenchmarkLanguages ./plugins/sandbox | go run testdata/src/costs.go testdata/languages/README.md sdk/README.md
//
// A row is one of such a table if it begins with a language's name, as below, and has
// as many cells as the table has columns: module, load, instance, render, fuel, as
// far as there are. What is read goes to standard error as it comes; a language that was not measured
// keeps its row.
package main

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// folders are those of testdata/languages, by how tables call them.
var folders = map[string]string{
	"C": "c", "C, Extism's functions": "c-extism", "C++": "cpp", "D": "d", "Nim": "nim", "Zig": "zig", "Go": "go",
	"Rust": "rust", "Rust, `extism-pdk`": "rust-extism",
	"AssemblyScript": "assemblyscript", "AssemblyScript, `as-pdk`": "assemblyscript-extism",
	"TSX, preact": "tsx-preact", "TypeScript, with Preact": "tsx-preact", "TSX, React": "tsx-react", "JavaScript, `html`": "js",
}

func main() {
	costs, err := read()
	for _, name := range os.Args[1:] {
		if err == nil {
			err = rewrite(name, costs)
		}
	}
	if err == nil && len(costs) == 0 {
		err = fmt.Errorf("no language was measured")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// read gives the cells of each folder, in the order of the tables' columns.
func read() (map[string][]string, error) {
	costs := map[string][]string{}
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		fmt.Fprintln(os.Stderr, in.Text())
		fields := strings.Fields(in.Text())
		if len(fields) < 4 || !strings.HasPrefix(fields[0], "BenchmarkLanguages/") {
			continue
		}
		folder := strings.TrimPrefix(fields[0], "BenchmarkLanguages/")
		folder = folder[:strings.LastIndexByte(folder, '-')] // the number of processors
		metrics := map[string]float64{}
		for k := 2; k+1 < len(fields); k += 2 {
			metrics[fields[k+1]], _ = strconv.ParseFloat(fields[k], 64)
		}
		size, unit := metrics["KB"], "KB"
		if size >= 1024 {
			size, unit = size/1024, "MB"
		}
		costs[folder] = []string{
			digits(size) + " " + unit, digits(metrics["ms/load"]/1e3) + " s", digits(metrics["µs/instance"]/1e3) + " ms",
			digits(metrics["µs/render"]/1e3) + " ms", digits(metrics["kfuel"]/1e3) + " M",
		}
	}
	return costs, in.Err()
}

// digits are the first two of a number, or all before the point.
func digits(n float64) string {
	switch {
	case n >= 10:
		return strconv.FormatFloat(n, 'f', 0, 64)
	case n >= 1:
		return strconv.FormatFloat(n, 'f', 1, 64)
	}
	return strconv.FormatFloat(n, 'f', 2, 64)
}

func rewrite(name string, costs map[string][]string) error {
	text, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	const columns = "| | module | load | instance | render |"
	lines := strings.Split(string(text), "\n")
	within := false
	for n, line := range lines {
		within = strings.HasPrefix(line, columns) || within && strings.HasPrefix(line, "|")
		if cells := strings.Split(line, " | "); within {
			label := strings.TrimPrefix(cells[0], "| ")
			if cost := costs[folders[label]]; cost != nil {
				lines[n] = "| " + label + " | " + strings.Join(cost[:len(cells)-1], " | ") + " |"
			}
		}
	}
	return os.WriteFile(name, []byte(strings.Join(lines, "\n")), 0o644)
}
