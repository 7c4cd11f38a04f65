package strict_test

import (
	"fmt"
	"time"

	"github.com/wisr-dev/wisr/plugins/manifest/strict"
)

func ExampleDecode() {
	const data = `name = "blog"
[limits]
timeot = "10s"
`
	var f struct {
		Name   string `toml:"name"`
		Limits struct {
			Timeout strict.Duration `toml:"timeout"`
		} `toml:"limits"`
	}
	f.Limits.Timeout = strict.Duration(10 * time.Second)
	doc, err := strict.Decode("plugin.toml", []byte(data), &f)
	if doc == nil {
		fmt.Println(err)
		return
	}
	if f.Name == "blog" {
		doc.Errorf("name", "choose another", "name is %s, which is taken", doc.Quote("name"))
	}
	fmt.Println(doc.Err())
	// Output:
	// plugin.toml:1:1: name is "blog", which is taken (choose another)
	// plugin.toml:3:1: unknown key limits.timeot (did you mean "timeout"? [limits] takes timeout)
}
