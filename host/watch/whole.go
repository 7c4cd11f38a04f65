package watch

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/wisr-dev/wisr/plugins/manifest"
	"github.com/wisr-dev/wisr/plugins/manifest/strict"
	"github.com/wisr-dev/wisr/plugins/sandbox"
	"github.com/wisr-dev/wisr/plugins/signature"
)

// content is the bytes of a plugin's folder that make it what it is.
type content struct {
	m                           *manifest.Manifest
	manifest, module, signature []byte
}

// read reads a folder. With an error, content has what could be read.
func read(dir string) (*content, error) {
	c := new(content)
	var err error
	if c.manifest, err = strict.ReadFile(filepath.Join(dir, manifest.FileName)); err != nil {
		return c, err
	}
	if c.signature, err = os.ReadFile(filepath.Join(dir, signature.FileName)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return c, err
	}
	if c.m, err = manifest.Parse(manifest.FileName, c.manifest); err != nil {
		return c, err
	}
	file := filepath.Join(dir, filepath.FromSlash(c.m.Module))
	if info, err := os.Stat(file); err == nil && !info.Mode().IsRegular() {
		return c, fmt.Errorf("%s is not a file", file) // reading it might never end
	}
	c.module, err = os.ReadFile(file)
	return c, err
}

// digest tells one content from another, also of one that is not whole.
func (c *content) digest() string {
	sum := sha256.New()
	for _, part := range [][]byte{c.manifest, c.module, c.signature} {
		digest := sha256.Sum256(part)
		sum.Write(digest[:])
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// whole tells what is missing yet: a module that ends in the middle, or one
// that is another than the manifest or the signature says.
func (c *content) whole(trust signature.Trust) error {
	if _, err := sandbox.Inspect(c.module); err != nil {
		return err
	}
	subject := signature.Of(c.manifest, c.module)
	if want := c.m.SHA256; want != "" && want != subject.Module {
		return fmt.Errorf("the module has the SHA-256 %s, %s wants %s", subject.Module, manifest.FileName, want)
	}
	return trust.Verify(subject, c.signature)
}
