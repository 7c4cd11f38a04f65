//go:build ignore

// start gives a module a start function, which C has no word for:
//
//	go run start.go in.wasm exported-function out.wasm
package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
)

func main() {
	if len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "usage: start in.wasm exported-function out.wasm")
		os.Exit(2)
	}
	in, err := os.ReadFile(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	out := bytes.NewBuffer(bytes.Clone(in[:8]))
	for in = in[8:]; len(in) > 0; {
		size, n := binary.Uvarint(in[1:])
		section := in[:1+n+int(size)]
		out.Write(section)
		if section[0] == 7 { // exports, which the start section follows
			index := exported(section[1+n:], os.Args[2])
			out.Write([]byte{8, 1, index})
		}
		in = in[len(section):]
	}
	if err := os.WriteFile(os.Args[3], out.Bytes(), 0o644); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// exported finds the index of an exported function; fixtures have less than 128.
func exported(b []byte, name string) byte {
	for count, b := b[0], b[1:]; count > 0; count-- {
		n := int(b[0])
		if string(b[1:1+n]) == name && b[1+n] == 0 {
			return b[2+n]
		}
		_, k := binary.Uvarint(b[2+n:])
		b = b[2+n+k:]
	}
	fmt.Fprintf(os.Stderr, "no exported function %q\n", name)
	os.Exit(1)
	return 0
}
