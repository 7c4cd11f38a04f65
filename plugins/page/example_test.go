package page_test

import (
	"fmt"

	"github.com/wisr-dev/wisr/plugins/page"
	"github.com/wisr-dev/wisr/plugins/route"
)

func ExampleDecodeResult() {
	r, err := page.DecodeResult([]byte(`{"props":{"title":"Hello"},"revalidate":10,"tags":["post:hello"]}`))
	fmt.Println(r.Kind, string(r.Props), r.Revalidate, r.Tags, err)
	_, err = page.DecodeResult([]byte(`{"props":{},"revalidate":0}`))
	fmt.Println(err)
	// Output:
	// page {"title":"Hello"} 10s [post:hello] <nil>
	// getStaticProps: "revalidate" is 0; want a whole number of seconds from 1, true or false
}

func ExampleDecodePaths() {
	p, _ := route.Parse("/blog/[slug]")
	paths, err := page.DecodePaths([]byte(`{"paths":["/blog/a%2Fb",{"params":{"slug":"a/b"}},{"params":{"slug":"☃"}}],"fallback":"blocking"}`), p, nil)
	fmt.Println(paths.Paths, paths.Fallback, err)
	_, err = page.DecodePaths([]byte(`{"paths":["/blog/x/y"],"fallback":false}`), p, nil)
	fmt.Println(err)
	// Output:
	// [{/blog/a%2Fb } {/blog/%E2%98%83 }] blocking <nil>
	// getStaticPaths: paths[0]: "/blog/x/y" does not match route "/blog/[slug]"
}
