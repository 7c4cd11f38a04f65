package egress_test

import (
	"context"
	"fmt"

	"github.com/wisr-dev/wisr/plugins/egress"
)

func Example() {
	policy, err := egress.ParsePolicy([]string{"https://api.example.com", "https://*.cms.example/v1/*"}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	client := egress.New(egress.Options{Plugin: "blog", Policy: policy})
	defer client.Close()

	_, err = client.Do(context.Background(), egress.Request{URL: "https://evil.example/x?q=1"})
	fmt.Println(err)
	// Output:
	// GET https://evil.example/x is not allowed: no entry of [fetch] allow matches; add "https://evil.example" to [fetch] allow in plugin.toml
}

func ExampleParsePolicy() {
	_, err := egress.ParsePolicy([]string{"api.example.com", "https://api.example.com/v1"}, []string{"CONNECT"})
	fmt.Println(err)
	// Output:
	// [fetch] allow: entry "api.example.com": it has no scheme; write "https://" or "http://" before it
	// [fetch] allow: entry "https://api.example.com/v1": its path does not end in "/*"
	// [fetch] methods: entry "CONNECT": cannot be allowed
}
