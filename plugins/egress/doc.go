// Package egress is the network as a page module sees it: one HTTP request at
// a time, to the places its manifest lists, and nowhere else.
//
// A [Policy] is the list, read and checked once when a plugin loads. A [Client]
// holds it to every hop of every request: the URL asked for, each redirect, and
// the address that is dialled after the name was resolved. It bounds time,
// bytes and redirects, and adds the headers that hold secrets where the guest
// cannot see them.
//
//	policy, err := egress.ParsePolicy([]string{"https://api.example.com"}, nil)
//	if err != nil {
//		return err // names the entry and what is wrong with it
//	}
//	client := egress.New(egress.Options{Plugin: "blog", Policy: policy})
//	defer client.Close()
//	answer, err := client.Do(ctx, egress.Request{URL: "https://api.example.com/posts"})
//
// A [Session] is what one generation asks of a client. It counts, it remembers
// what was read as [Read]s, and generations that ask the same at the same time
// share one request. [Client.Unchanged] asks later whether a Read still holds.
//
// A URL has many spellings and a list has one. Both sides are therefore brought
// to one spelling first, what has none is refused, and the spelling that was
// checked is the one that is sent: the check and the dial cannot disagree about
// what a URL means.
//
// The package never reads a proxy from the environment, keeps no cookies and
// uses no client that another part of the process could have changed. It knows
// nothing of WebAssembly.
package egress
