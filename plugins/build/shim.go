package build

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	js "github.com/wisr-dev/wisr/sdk/js"
)

// packageFile is where the author of a page in TypeScript or JavaScript chooses.
const packageFile = "package.json"

// readShim gives what speaks for the engine in the pages of a folder: what needs wisr
// and is fast, or, where the nearest package.json has
//
//	"wisr": { "extism": true }
//
// what any host of Extism's runs.
func readShim(dir string) ([]byte, error) {
	file := nearestPackage(dir)
	if file == "" {
		return js.Shim, nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var is struct {
		Wisr struct {
			Extism bool `json:"extism"`
		} `json:"wisr"`
	}
	err = json.Unmarshal(text, &is)
	var wrong *json.UnmarshalTypeError
	switch {
	case errors.As(err, &wrong):
		return nil, fmt.Errorf(`%s: %s is of type %s: want "wisr": {"extism": true}, or leave it out`, file, cmp.Or(wrong.Field, "it"), wrong.Value)
	case err != nil:
		return nil, fmt.Errorf("%s is not JSON: %w", file, err)
	case is.Wisr.Extism:
		return js.ShimExtism, nil
	}
	return js.Shim, nil
}

// nearestPackage is the package.json of a folder or of the next one above it that has one,
// "" if none has.
func nearestPackage(dir string) string {
	for {
		file := filepath.Join(dir, packageFile)
		if info, err := os.Stat(file); err == nil && info.Mode().IsRegular() {
			return file
		}
		up := filepath.Dir(dir)
		if up == dir {
			return ""
		}
		dir = up
	}
}
