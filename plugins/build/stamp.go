package build

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"os"
	"path/filepath"

	"github.com/wisr-dev/wisr/plugins/manifest"
)

// stamp remembers a build that succeeded: what went in, what came out. Both are
// SHA-256 in hex.
type stamp struct {
	Inputs string `json:"inputs"`
	Module string `json:"module"`
	// Files are those of a page that wisr builds itself: relative to the plugin's
	// folder, slash-separated, to SHA-256 in hex.
	Files map[string]string `json:"files,omitempty"`
}

// stampFile is named after the plugin, for people, and after its folder, since
// two sites may share a state folder.
func (b *Builder) stampFile(m *manifest.Manifest) string {
	sum := sha256.Sum256([]byte(m.Dir))
	return filepath.Join(b.stamps, m.Name+"-"+hex.EncodeToString(sum[:8])+".json")
}

// upToDate tells whether the stamp is of these inputs and of the module that is
// there. A stamp that cannot be read, or that is no stamp, is none.
func upToDate(file, inputs, module string) bool {
	s, ok := readStamp(file)
	if !ok || s.Inputs != inputs {
		return false
	}
	hash, err := hashFile(module)
	return err == nil && hash == s.Module
}

func readStamp(file string) (s stamp, ok bool) {
	data, err := os.ReadFile(file)
	return s, err == nil && json.Unmarshal(data, &s) == nil
}

// writeStamp replaces the file as a whole, so that no half of it is ever read.
func writeStamp(file string, s stamp) error {
	data, err := json.Marshal(s)
	if err != nil {
		return err
	}
	temp, err := os.CreateTemp(filepath.Dir(file), filepath.Base(file)+".*.tmp")
	if err != nil {
		return err
	}
	_, err = temp.Write(append(data, '\n'))
	if closeErr := temp.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(temp.Name(), file)
	}
	if err != nil {
		os.Remove(temp.Name())
	}
	return err
}

func hashFile(name string) (string, error) {
	f, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
