package egress

import (
	"net"
	"net/http"
	"time"
)

// Options say what one plugin's requests may do. The zero value of a field
// means its default.
type Options struct {
	Plugin string  // the plugin's name, for messages
	Policy *Policy // nil: nothing is allowed

	// Timeout bounds one Do from beginning to end, redirects and body
	// included. Default 5 s, the manifest's.
	Timeout time.Duration

	// MaxResponse bounds the bytes of a body after decompression. Default
	// 8 MiB, the manifest's.
	MaxResponse int64

	// MaxRequests bounds the requests of one [Session]. Default 64, the
	// manifest's.
	MaxRequests int

	// Private are names of query parameters whose values are kept nowhere: not
	// in Sources, Reads, logs or errors.
	Private []string

	// Headers are added by the host to requests to an origin
	// ("https://api.example.com"), over what the guest set; the guest never
	// sees them. They are secrets: no error text holds a value. Keys are
	// checked with [ParseOrigin] when a plugin loads; a client given one that
	// does not parse refuses every request.
	Headers map[string]http.Header

	// Secrets are the values in Headers that nobody wrote into a manifest, but
	// the environment has. An answer that repeats one is handed out with
	// "[secret]" in its place.
	Secrets []string

	// PrivateNetworks lets a name that is allowed resolve to a private,
	// loopback or otherwise special address: [grants] private_networks.
	PrivateNetworks bool

	// Sent says that the plugin came over HTTP, not from the site's own
	// folder. Then a special address needs PrivateNetworks even where the
	// policy names it literally.
	Sent bool

	// Resolver looks names up. nil: the system's.
	Resolver *net.Resolver
}

const (
	defaultTimeout     = 5 * time.Second
	defaultMaxResponse = 8 << 20
	defaultMaxRequests = 64

	// maxConcurrent bounds the requests of one plugin that are under way, and
	// so its connections: two hundred pages that ask for something at once get
	// it at once, and no page made of requests floods an upstream. That is less
	// than HTTP/2 servers take on one connection (Go's 250). The others wait,
	// and their time-out begins when they leave.
	maxConcurrent = 200
)
