package sandbox

import (
	"context"
	"log/slog"

	extism "github.com/extism/go-sdk"
	"github.com/tetratelabs/wazero/api"

	"github.com/wisr-dev/wisr/plugins/sandbox/wasm"
)

// binding is an import that is bound to a function of this package instead of
// Extism's or wazero's: it is renamed in the module's binary when it is loaded.
type binding struct {
	module, name    string // as the guest imports it
	params, results []api.ValueType
	call            func(*call, []uint64)
}

// call is a guest's call of a host function.
type call struct {
	*Instance
	ctx    context.Context
	kernel *extism.CurrentPlugin
}

var (
	none = []api.ValueType(nil)
	i32  = []api.ValueType{api.ValueTypeI32}
	i64  = []api.ValueType{api.ValueTypeI64}
	at32 = []api.ValueType{api.ValueTypeI32, api.ValueTypeI32}
	two  = []api.ValueType{api.ValueTypeI64, api.ValueTypeI64}
)

// bindings says for each function why ours and not theirs (LAB 6, 7).
var bindings = []binding{
	// Extism's kernel walks through a list that the guest can write to, and would
	// do so for ever if that led in a circle.
	{envModule, "alloc", i64, i64, (*call).guestAlloc},
	{envModule, "free", i64, none, (*call).guestFree},
	{envModule, "length", i64, i64, (*call).guestLength},
	// Extism's uses http.DefaultClient and follows redirects anywhere.
	{envModule, "http_request", two, i64, (*call).httpRequest},
	{envModule, "http_status_code", none, i32, (*call).httpStatusCode},
	{envModule, "http_headers", none, i64, (*call).httpHeaders},
	// Extism's level is one for the whole process.
	{envModule, "get_log_level", none, i32, (*call).getLogLevel},
	{envModule, "log_trace", i64, none, (*call).logTrace},
	{envModule, "log_debug", i64, none, func(c *call, s []uint64) { c.logAt(slog.LevelDebug, s) }},
	{envModule, "log_info", i64, none, func(c *call, s []uint64) { c.logAt(slog.LevelInfo, s) }},
	{envModule, "log_warn", i64, none, func(c *call, s []uint64) { c.logAt(slog.LevelWarn, s) }},
	{envModule, "log_error", i64, none, func(c *call, s []uint64) { c.logAt(slog.LevelError, s) }},
	// Extism takes any place and any size for an output, and forgets the error
	// of a guest that traps.
	{envModule, "output_set", two, none, (*call).outputSet},
	{envModule, "error_set", i64, none, (*call).errorSet},
	// Extism's, with no memory left, write to address 0 of the kernel and say
	// that there is no such key.
	{envModule, "config_get", i64, i64, (*call).configGet},
	{envModule, "var_get", i64, i64, (*call).varGet},
	{envModule, "var_set", two, none, (*call).varSet},
	// Our own: see host_bytes.go and host_fetch_all.go.
	{hostModule, "input_read", at32, i32, (*call).inputRead},
	{hostModule, "output_write", at32, none, (*call).outputWrite},
	{hostModule, "fetch_all", at32, i32, (*call).fetchAll},
	{hostModule, "fetch_read", at32, i32, (*call).fetchRead},
	// Extism takes proc_exit(0) for success.
	{wasiModule, "proc_exit", i32, none, (*call).procExit},
	// wazero's makes room for as many files as the number says: gigabytes.
	{wasiModule, "fd_renumber", at32, i32, func(_ *call, s []uint64) { s[0] = errnoNotSupported }},
}

const errnoNotSupported = 58 // WASI's errno notsup

// rebind gives an import its name in the binary that runs.
func rebind(imp wasm.Import) (module, name string) {
	for _, b := range bindings {
		if b.module == imp.Module && b.name == imp.Name {
			return hostModule, b.bound()
		}
	}
	return imp.Module, imp.Name
}

// bound is the binding's name in our host module. Any two modules have names
// that the other could have.
func (b binding) bound() string {
	switch b.module {
	case hostModule:
		return b.name
	case wasiModule:
		return "wasi:" + b.name
	}
	return "extism:" + b.name
}

// instanceKey is where the context of a turn has its instance.
type instanceKey struct{}

// hostFunctions are the bindings for Extism.
func hostFunctions() []extism.HostFunction {
	fns := make([]extism.HostFunction, len(bindings))
	for k, b := range bindings {
		run := func(ctx context.Context, kernel *extism.CurrentPlugin, stack []uint64) {
			c := &call{ctx.Value(instanceKey{}).(*Instance), ctx, kernel}
			c.refuseEffect(b.name)
			b.call(c, stack)
		}
		fns[k] = extism.NewHostFunctionWithStack(b.bound(), run, b.params, b.results)
		fns[k].SetNamespace(hostModule)
	}
	return append(fns, askFunction())
}
