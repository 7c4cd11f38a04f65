// Package host runs a site: it builds every part from a configuration and owns
// their life.
//
// How a request becomes a page, by package:
//
//	serve      the path's one spelling, public files, the route table, headers
//	isr        what is stored and how fresh it is; one generation per path
//	store      memory in front of a folder: the record of what was made
//	(render.go: isr asks for a page, the route table says of which plugin)
//	registry   the plugin's version; getStaticProps, then render
//	sandbox    one fresh WebAssembly instance, with limits
//	egress     what the instance may fetch
//
// A stored page goes back up after the third line. Nothing below knows
// anything of what is above it.
//
//	cfg, err := config.Load("site", os.LookupEnv)
//	h, err := host.Open(ctx, cfg, host.Options{Mode: host.Start, Log: slog.Default()})
//	err = h.Serve(ctx, func(a host.Addresses) { fmt.Println(a.Site) })
package host
