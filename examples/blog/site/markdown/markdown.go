// Package markdown turns the Markdown of a post into HTML. It is apart from
// package site, so that a page without Markdown does not carry a parser.
//
//	html, err := markdown.HTML("*Hello*")
package markdown

import (
	"bytes"
	"html/template"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	tables "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// HTML converts a post. Raw HTML in it is left out, as goldmark does by default,
// so that whoever writes posts cannot add a script to the site.
func HTML(source string) (template.HTML, error) {
	var html bytes.Buffer
	if err := converter.Convert([]byte(source), &html); err != nil {
		return "", err
	}
	return template.HTML(html.String()), nil
}

var converter = goldmark.New(
	goldmark.WithExtensions(
		extension.Typographer,
		extension.NewTable(extension.WithTableCellAlignMethod(extension.TableCellAlignNone)),
		tableStyle{},
	),
	goldmark.WithParserOptions(parser.WithAutoHeadingID()),
)

// tableStyle makes tables fit this site: each in a box of its own, which a
// narrow screen can scroll, and with alignment as a class, because the site's
// Content-Security-Policy forbids the style attributes of goldmark's default.
type tableStyle struct{}

func (s tableStyle) Extend(m goldmark.Markdown) {
	m.Parser().AddOptions(parser.WithASTTransformers(util.Prioritized(s, 100)))
	// Below the 500 of goldmark's own renderer of tables: the lowest wins.
	m.Renderer().AddOptions(renderer.WithNodeRenderers(util.Prioritized(s, 100)))
}

func (tableStyle) Transform(doc *ast.Document, _ text.Reader, _ parser.Context) {
	// The function below gives no error, so there is none.
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if cell, ok := n.(*tables.TableCell); ok && entering && cell.Alignment != tables.AlignNone {
			cell.SetAttributeString("class", []byte(cell.Alignment.String()))
		}
		return ast.WalkContinue, nil
	})
}

func (tableStyle) RegisterFuncs(reg renderer.NodeRendererFuncRegisterer) {
	reg.Register(tables.KindTable, func(w util.BufWriter, _ []byte, _ ast.Node, entering bool) (ast.WalkStatus, error) {
		tag := "</table>\n</div>\n"
		if entering {
			tag = "<div class=\"scroll\">\n<table>\n"
		}
		_, err := w.WriteString(tag)
		return ast.WalkContinue, err
	})
}
