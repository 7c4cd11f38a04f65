package egress

import (
	"slices"
	"strings"
)

// Missing returns the entries of p that granted does not cover, in their one
// spelling: what a site would have to add to [grants] fetch for a plugin with
// this policy. Nil means that granted allows all that p does. A nil granted
// allows nothing.
//
// An entry has to be covered by one of granted's alone: two that cover it
// together do not count. Methods are the plugin's own affair, and whether an
// address on a private network may be dialled is asked when it is.
func (p *Policy) Missing(granted *Policy) []string {
	if p == nil {
		return nil
	}
	var missing []string
	for _, asked := range p.entries {
		covered := granted != nil && slices.ContainsFunc(granted.entries, func(e entry) bool { return e.covers(asked) })
		if text := asked.String(); !covered && !slices.Contains(missing, text) {
			missing = append(missing, text)
		}
	}
	return missing
}

// covers reports whether e matches every URL that other matches.
func (e entry) covers(other entry) bool {
	if e.scheme != other.scheme || e.port != other.port {
		return false
	}
	if e.prefix != "" && !strings.HasPrefix(other.prefix, e.prefix) {
		return false
	}
	if !other.sub {
		return e.matchesHost(other.host, other.ip)
	}
	return e.sub && (e.host == other.host || strings.HasSuffix(other.host, "."+e.host))
}

// String is the entry as a manifest would have it.
func (e entry) String() string {
	host := e.origin
	if e.sub {
		host.host = "*." + host.host
	}
	if e.prefix == "" {
		return host.String()
	}
	return host.String() + e.prefix + "*"
}
