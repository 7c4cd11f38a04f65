//go:build wasip1

// Page is a page of the size that pages have, for the benchmarks: render takes
// 13 KB of JSON and writes as much HTML. With the tag stock its input and output
// go Extism's way, so that any Extism host runs it.
package main

import (
	"bytes"
	"encoding/json"
	"html"
	"strconv"
)

type document struct {
	Title string `json:"title"`
	Items []item `json:"items"`
}

type item struct {
	Name  string   `json:"name"`
	Text  string   `json:"text"`
	Price float64  `json:"price"`
	Tags  []string `json:"tags"`
}

func main() {} // never runs: the module is a library

//go:wasmexport render
func render() int32 {
	var d document
	if json.Unmarshal(input(), &d) != nil {
		return 1
	}
	var b bytes.Buffer
	b.WriteString("<!doctype html>\n<h1>" + html.EscapeString(d.Title) + "</h1>\n<ul>\n")
	for _, it := range d.Items {
		b.WriteString("<li><h2>" + html.EscapeString(it.Name) + "</h2>\n<p>" + html.EscapeString(it.Text) + "</p>\n<p>")
		b.WriteString(strconv.FormatFloat(it.Price, 'f', 2, 64))
		for _, tag := range it.Tags {
			b.WriteString(" <em>" + html.EscapeString(tag) + "</em>")
		}
		b.WriteString("</p>\n")
	}
	b.WriteString("</ul>\n")
	output(b.Bytes())
	return 0
}
