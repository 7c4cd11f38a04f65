package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/wisr-dev/wisr/plugins/manifest"
	"github.com/wisr-dev/wisr/plugins/signature"
)

// signingKey is the flag that names the file of a private key.
type signingKey struct {
	Key string `placeholder:"FILE" env:"WISR_SIGNING_KEY" help:"File of the private key (default: wisr/signing.key in the user's folder for settings)."`
}

func (k *signingKey) file() (string, error) {
	if k.Key != "" {
		return k.Key, nil
	}
	dir, err := os.UserConfigDir()
	if err != nil {
		return "", fmt.Errorf("find the folder for settings: %w; name a file with --key", err)
	}
	return filepath.Join(dir, "wisr", "signing.key"), nil
}

type keygenCommand struct {
	signingKey
	JSON bool `name:"json" help:"Print the result as JSON."`
}

// Run makes a key and prints its public half. A key that is there is left alone:
// what was signed with it would be refused.
func (c *keygenCommand) Run(t *terminal) error {
	file, err := c.file()
	if err != nil {
		return err
	}
	key, err := signature.Generate()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return fmt.Errorf("make the folder of the key: %w", err)
	}
	if err := writeNew(file, key.Reveal()); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return fmt.Errorf("%s is there already; remove it, or name another file with --key", file)
		}
		return fmt.Errorf("write the key: %w", err)
	}
	if c.JSON {
		t.json(map[string]string{"key": file, "public": key.Public().String()})
		return nil
	}
	fmt.Fprintf(t.err, "The private key is in %s: whoever has it can sign. The public one goes into wisr.toml:\n\n", file)
	fmt.Fprintf(t.out, "[plugins]\ntrust = [%q]\n", key.Public())
	return nil
}

// writeNew writes a file that was not there, for its owner's eyes only.
func writeNew(file string, content []byte) error {
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	return errors.Join(err, f.Sync(), f.Close())
}

type signCommand struct {
	Dir string `arg:"" help:"Folder of the plugin, with plugin.toml and the module." placeholder:"DIR"`
	signingKey
	JSON bool `name:"json" help:"Print the result as JSON."`
}

// Run writes plugin.sig beside the manifest.
func (c *signCommand) Run(t *terminal) error {
	file, err := c.file()
	if err != nil {
		return err
	}
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is no key at %s; make one with `wisr plugin keygen`, or name another file with --key", file)
	}
	if err != nil {
		return fmt.Errorf("read the key: %w", err)
	}
	key, err := signature.ParsePrivateKey(text)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	plugin, err := readPlugin(c.Dir)
	if err != nil {
		return err
	}
	out := filepath.Join(c.Dir, signature.FileName)
	if err := os.WriteFile(out, key.Sign(signature.Of(plugin.manifest, plugin.module)), 0o644); err != nil {
		return fmt.Errorf("write the signature: %w", err)
	}
	if c.JSON {
		t.json(map[string]string{"plugin": plugin.name, "signature": out, "public": key.Public().String()})
		return nil
	}
	fmt.Fprintf(t.out, "%s: signed %s by %s\n", out, plugin.name, key.Public())
	return nil
}

// pluginFiles is a plugin as it lies in its folder.
type pluginFiles struct {
	name             string
	manifest, module []byte
	signature        []byte // nil: there is none
}

// readPlugin reads a plugin's folder. The manifest has to be right.
func readPlugin(dir string) (*pluginFiles, error) {
	m, err := manifest.Load(dir)
	if err != nil {
		return nil, err
	}
	p := &pluginFiles{name: m.Name}
	if p.manifest, err = os.ReadFile(filepath.Join(dir, manifest.FileName)); err != nil {
		return nil, fmt.Errorf("read the manifest: %w", err)
	}
	p.module, err = os.ReadFile(filepath.Join(dir, filepath.FromSlash(m.Module)))
	if errors.Is(err, fs.ErrNotExist) {
		hint := "build it first"
		switch {
		case m.Source != "":
			hint = "build it first: wisr build"
		case m.Build.Command != "":
			hint = "build it first: " + m.Build.Command
		}
		return nil, fmt.Errorf("the module %s is not there; %s", filepath.Join(dir, m.Module), hint)
	}
	if err != nil {
		return nil, fmt.Errorf("read the module: %w", err)
	}
	p.signature, err = os.ReadFile(filepath.Join(dir, signature.FileName))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read the signature: %w", err)
	}
	return p, nil
}
