package sandbox

import (
	"context"
	"errors"
	"fmt"

	extism "github.com/extism/go-sdk"
	"github.com/tetratelabs/wazero"
)

// code is a compiled module with the engine that it was compiled by. An
// engine of its own lets all that was compiled go at once: Extism keeps no
// hold of what it compiles, so that in a shared one it would stay.
type code struct {
	plugin *extism.CompiledPlugin
	cache  wazero.CompilationCache
}

func (c *code) instance(ctx context.Context, config wazero.ModuleConfig) (p *extism.Plugin, err error) {
	defer catch(&err)
	return c.plugin.Instance(ctx, extism.PluginInstanceConfig{ModuleConfig: config})
}

func (c *code) close(ctx context.Context) error {
	return errors.Join(c.plugin.Close(ctx), c.cache.Close(ctx))
}

// catch makes an error of a panic of the engine.
func catch(err *error) {
	if r := recover(); r != nil {
		*err = fmt.Errorf("the engine panicked: %v", r)
	}
}
