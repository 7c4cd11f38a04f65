//go:build wasip1 && !stock

package main

import "encoding/json"

// As sdk/go does for a page's props, encoding/json is shown the types when the
// module starts, which is once. With the tag stock it would be in each instance,
// and so it is left to the first input there.
func init() { _, _ = json.Marshal(document{}) }
