// Package demand revalidates on demand: what an editor, a content system or an
// operator asks for. It knows no HTTP; package serve, package admin and webhooks
// bring it their calls (SEMANTICS J).
//
//	r := demand.Revalidator{Engine: engine, Table: registry.Table, Parallel: 8}
//	answer, err := r.Do(ctx, demand.Request{Paths: []string{"/blog/a"}, Tags: []string{"news"}}, nil)
//	// {"revalidated":true,"results":[{"tag":"news","result":"marked"},{"path":"/blog/a","result":"revalidated","status":200}],…}
//
// # What a call names
//
// A path is one page, spelled as in getStaticPaths: below the base path, with
// its locale's prefix. A tag, a source (a URL that pages fetched; with * at its
// end, every URL that begins so) and a plugin are as many pages as answer to them. A
// plugin beside other names is no name itself: only its own pages are meant (S108).
//
// # What is done
//
// By [Mode]: paths are generated before the answer, everything else is marked as
// stale, unless the call says otherwise.
//
//	mode          paths                       tags, sources, a plugin
//	(none)        generated                   marked, made anew at the next visits
//	mark          marked                      marked
//	regenerate    generated                   marked, then every stored page is generated
//	purge         dropped: the next visit waits for a new page, MISS
//
// Names are marked before anything is generated. So who leaves before the end of a long
// call has left no old page that counts as fresh, and a page of which the new
// version fails is tried again by its visitors. A path that fails keeps its window (S102).
//
// # The answer
//
// One [Result] for each name, and with regenerate for each page:
//
//	revalidated   a page is there that was begun after the call; status is the page's own, 404 included
//	marked        stale from now on
//	purged        gone from now on
//	skipped       never generated, and the call said onlyGenerated (S109)
//	unknown       no page of this site (or plugin): status 404, nothing ran (S104)
//	failed        status 500, or 503 if there was no room; error is the cause; the old page stays
//
// "revalidated" of the whole is true if nothing failed and nothing is unknown. Where there are
// many hosts, "hosts" says how many of those that are live know of it.
package demand
