package host

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"github.com/wisr-dev/wisr/host/isr"
	"github.com/wisr-dev/wisr/plugins/page"
	"github.com/wisr-dev/wisr/plugins/registry"
	"github.com/wisr-dev/wisr/plugins/sandbox"
)

// Early cut-off: a page that is due is not rendered if all that it was made of
// is as it was. That is the plugin's version, the input, and what the guest saw.

// madeOf is what isr.Entry.Seen holds, besides the version.
type madeOf struct {
	Input string `json:"input"` // hex SHA-256
	sandbox.Seen
}

// inputOf stands for what the guest is told, without the reason: why a page is
// made says nothing about what is on it.
func inputOf(in page.Input) string {
	sum := sha256.Sum256(in.Props(page.ReasonStale))
	return hex.EncodeToString(sum[:])
}

// seenBy returns what a page was made of, nil if that cannot be looked at again
// or is not to be.
func seenBy(v *registry.Version, in page.Input, made *registry.Generated) []byte {
	if v.Manifest.Always || !made.Seen.Checkable() {
		return nil
	}
	text, err := json.Marshal(madeOf{inputOf(in), made.Seen})
	if err != nil {
		return nil
	}
	return text
}

// generate makes a page, nil if that would make what last was made.
func generate(ctx context.Context, v *registry.Version, in page.Input, reason page.Reason, last *isr.Entry) (*registry.Generated, error) {
	var of madeOf
	if last == nil || last.Plugin != v.Plugin || last.Version != v.ID || v.Manifest.Always || json.Unmarshal(last.Seen, &of) != nil {
		return v.Generate(ctx, in, reason)
	}
	if inputOf(in) != of.Input {
		return v.Generate(ctx, in, reason)
	}
	made, _, err := v.Renew(ctx, in, reason, of.Seen)
	return made, err
}
