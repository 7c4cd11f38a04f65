package route_test

import (
	"fmt"

	"github.com/wisr-dev/wisr/plugins/route"
)

func Example() {
	post, _ := route.Parse("/blog/[slug]")
	all, _ := route.Parse("/[...path]")
	table, _ := route.NewTable([]route.Entry[string]{{Pattern: all, Value: "pages"}, {Pattern: post, Value: "blog"}})

	path, _ := route.Canonical("/blog//caf%c3%a9/")
	entry, _ := table.Lookup(path)
	params, _ := entry.Pattern.Match(path)
	json, _ := params.MarshalJSON()
	fmt.Println(path, entry.Value, string(json))
	// Output: /blog/caf%C3%A9 blog {"slug":"café"}
}

func ExamplePattern_Path() {
	p, _ := route.Parse("/docs/[...path]")
	path, err := p.Path(route.Params{{Name: "path", List: true, Values: []string{"a/b", "☃"}}})
	fmt.Println(path, err)
	_, err = p.Path(route.Params{{Name: "path", List: true, Values: []string{"a", ".."}}})
	fmt.Println(err)
	// Output:
	// /docs/a%2Fb/%E2%98%83 <nil>
	// value 1 of parameter "path" is ".."; want text other than "", "." and ".."
}
