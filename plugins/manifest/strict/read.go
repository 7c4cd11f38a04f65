package strict

import (
	"fmt"
	"io"
	"os"
)

// maxSize is the size of the largest file that is read, in bytes. Real ones
// have a few kilobytes; the rest is room for long [config] texts.
const maxSize = 256 << 10

// ReadFile reads a file that is to be decoded. It refuses one that is too
// large for [Decode], and whatever is not a regular file, such as a pipe that
// would never end. Errors are those of package os or name the file.
func ReadFile(name string) ([]byte, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file", name)
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxSize+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxSize {
		return nil, fmt.Errorf("%s is larger than %s", name, Size(maxSize))
	}
	return data, nil
}
