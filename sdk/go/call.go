package page

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// The names of the three exports, as the page contract has them.
const (
	exportPaths  = "getStaticPaths"
	exportProps  = "getStaticProps"
	exportRender = "render"
)

// Call runs one export of the registered page on the JSON that wisr would send,
// and gives what wisr would receive. The Wasm exports are this function, so that
// a test on the author's machine goes the same way as a page in the sandbox:
//
//	out, err := page.Call("getStaticProps", []byte(`{"path": "/blog/a", "params": {"slug": "a"}}`))
//
// An error that a function of the page returned comes back as it is; a panic
// comes back as an error that holds its text and the stack.
func Call(export string, input []byte) (output []byte, err error) {
	defer func() {
		if v := recover(); v != nil {
			output, err = nil, caught(v)
		}
	}()
	if registered == nil {
		return nil, errors.New("page: this module has no page: call page.Register from an init function (main never runs)")
	}
	return registered.call(export, input)
}

func (p Page[P]) call(export string, input []byte) ([]byte, error) {
	switch export {
	case exportPaths:
		return p.callPaths(input)
	case exportProps:
		return p.callProps(input)
	case exportRender:
		return p.callRender(input)
	}
	return nil, fmt.Errorf("page: no export is named %q: want %s, %s or %s", export, exportPaths, exportProps, exportRender)
}

func (p Page[P]) callPaths(input []byte) ([]byte, error) {
	var in PathsInput
	if err := decode(exportPaths, input, &in); err != nil {
		return nil, err
	}
	if p.Paths == nil {
		return nil, fmt.Errorf("page: the route %q has parameters, so wisr asks which paths exist: "+
			"add a Paths function to the page.Page that is registered", in.Route)
	}
	paths, err := p.Paths(in)
	if err != nil {
		return nil, err
	}
	return paths.encode()
}

func (p Page[P]) callProps(input []byte) ([]byte, error) {
	if p.Props == nil {
		return []byte(`{"props":{}}`), nil
	}
	var in Input
	if err := decode(exportProps, input, &in); err != nil {
		return nil, err
	}
	result, err := p.Props(in)
	if err != nil {
		return nil, err
	}
	return result.encode()
}

// renderInput is what render gets.
type renderInput[P any] struct {
	Input
	Props P `json:"props"`
}

func (p Page[P]) callRender(input []byte) ([]byte, error) {
	var in renderInput[P]
	if err := decode(exportRender, input, &in); err != nil {
		return nil, err
	}
	var body bytes.Buffer
	if err := p.Render(&body, in.Input, in.Props); err != nil {
		return nil, err
	}
	return body.Bytes(), nil
}

// decode reads an export's input. An error here is most often a P whose JSON
// does not read back into P, so it names the export that got it.
func decode(export string, input []byte, into any) error {
	if err := json.Unmarshal(input, into); err != nil {
		return fmt.Errorf("page: input of %s: %w", export, err)
	}
	return nil
}
