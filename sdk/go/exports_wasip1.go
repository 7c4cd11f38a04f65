//go:build wasip1

package page

import "fmt"

//go:wasmexport getStaticPaths
func wasmPaths() int32 { return serve(exportPaths) }

//go:wasmexport getStaticProps
func wasmProps() int32 { return serve(exportProps) }

//go:wasmexport render
func wasmRender() int32 { return serve(exportRender) }

// serve runs one export on the input of the running call. It returns 0, or 1
// after it has told the host the error.
func serve(export string) int32 {
	made, err := Call(export, input())
	if err != nil {
		tell(err)
		return 1
	}
	output(made)
	return 0
}

// tell sets the error of the running call. fmt prints even an error whose Error
// method panics, such as a nil pointer.
func tell(err error) {
	text := fmt.Sprint(err)
	if text == "" {
		text = fmt.Sprintf("an error without a text (%T)", err)
	}
	if block, err := give([]byte(text)); err == nil {
		extismErrorSet(block)
	}
}
