package cluster

import (
	"fmt"
	"strings"

	"github.com/nats-io/nats.go"
)

// fixesElsewhere are for connections to servers that are not wisr's.
var fixesElsewhere = []fix{
	{"Authorization", "[cluster] credentials has to name the file of a user whom the servers know, or [cluster] secret their token"},
	{"x509", "[cluster] ca has to name who signed the servers' certificates"},
	{"tls", "[cluster] cert has to be signed by an authority that the servers trust"},
	{"secure connection", "the servers have no TLS, and [cluster] ca asks for it"},
}

// tryServers finds out whether servers elsewhere take this host: the connection that is kept tries
// for ever, and does not say why it fails. Servers that do not answer are waited for; if none takes it, and one
// refuses it, a setting is wrong.
func (c *Cluster) tryServers(options []nats.Option) error {
	var refused error
	for _, server := range c.opt.Servers {
		conn, err := nats.Connect(server, append(options[:len(options):len(options)], nats.RetryOnFailedConnect(false))...)
		if err == nil {
			conn.Close()
			return nil
		}
		c.unanswered = append(c.unanswered, fmt.Sprintf("%s: %v", server, err))
		for _, f := range fixesElsewhere {
			if strings.Contains(err.Error(), f.said) {
				refused = fmt.Errorf("the server %s refuses this host: %w (%s)", server, err, f.fix)
				break
			}
		}
	}
	return refused
}
