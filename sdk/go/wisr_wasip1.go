//go:build wasip1 && !extism

package page

import "unsafe"

// The functions of wisr's own that this package uses: they copy from and to this
// module's memory in one call, where Extism's take one for every eight bytes. The tag
// extism leaves them out: see kernel_wasip1.go.

// wisrInputRead copies at most size bytes of the input to at and returns how
// many bytes the input has.
//
//go:wasmimport wisr input_read
func wisrInputRead(at unsafe.Pointer, size uint32) uint32

// wisrOutputWrite adds size bytes at at to the output.
//
//go:wasmimport wisr output_write
func wisrOutputWrite(at unsafe.Pointer, size uint32)

// wisrFetchAll makes the requests in size bytes at at (requestFrame) and returns
// how many bytes their answers have.
//
//go:wasmimport wisr fetch_all
func wisrFetchAll(at unsafe.Pointer, size uint32) uint32

// wisrFetchRead copies at most size bytes of the answers to at.
//
//go:wasmimport wisr fetch_read
func wisrFetchRead(at unsafe.Pointer, size uint32) uint32

// input copies the input of the running call.
func input() []byte {
	b := make([]byte, wisrInputRead(nil, 0))
	wisrInputRead(unsafe.Pointer(unsafe.SliceData(b)), uint32(len(b)))
	return b
}

// output gives b to the host as the output of the running call.
func output(b []byte) {
	wisrOutputWrite(unsafe.Pointer(unsafe.SliceData(b)), uint32(len(b)))
}

func hostFetchAll(requests []Request) ([]Response, []error, error) {
	frame, err := requestFrame(requests)
	if err != nil {
		return nil, nil, err
	}
	b := make([]byte, wisrFetchAll(unsafe.Pointer(unsafe.SliceData(frame)), uint32(len(frame))))
	wisrFetchRead(unsafe.Pointer(unsafe.SliceData(b)), uint32(len(b)))
	return answerFrame(b, len(requests))
}
