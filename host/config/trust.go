package config

import (
	"fmt"
	"strings"

	"github.com/wisr-dev/wisr/plugins/manifest/strict"
	"github.com/wisr-dev/wisr/plugins/signature"
)

// checkTrust reads the keys that plugins have to be signed by. A list that comes
// out empty is an error and not "anybody": who wrote it meant to be protected.
func checkTrust(doc *strict.Document, texts []string, c *Config) {
	const key, hint = "plugins.trust", "`wisr plugin keygen` makes a key and prints the line to write here"
	for _, u := range doc.Unset() {
		if strings.HasPrefix(u.Key, key) {
			doc.Errorf(u.Key, "set "+strings.Join(u.Names, " and ")+", or remove the entry", "%s refers to what the environment does not have, and a key that is missing must not let everything in", u.Key)
		}
	}
	if doc.Has(key) && len(texts) == 0 {
		doc.Errorf(key, hint+"; remove it to load unsigned plugins", "plugins.trust lists no key")
	}
	for i, text := range texts {
		at := fmt.Sprintf("%s[%d]", key, i)
		public, err := signature.ParseKey(text)
		if err != nil {
			doc.Errorf(at, hint, "%s is no public key: %v", at, err)
			continue
		}
		c.Plugins.Trust = append(c.Plugins.Trust, public)
	}
}
