package config

import (
	"cmp"
	"net"
	"net/netip"
	"strconv"
	"strings"

	"github.com/wisr-dev/wisr/plugins/manifest/strict"
)

// Cluster is what makes this host one of many. It is on if Listen is set, and then
// pages are kept by the hosts together; or if Cache.Store is StoreJetStream.
type Cluster struct {
	Name     string   // of the site, the same on every host
	Host     string   // of this host, unique; "": its host name and the port of Listen
	Listen   string   // host:port for the other hosts; "": servers run elsewhere
	Peers    []string // host:port of the other hosts
	Replicas int      // how many hosts have each page
	Secret   Secret   // that hosts show each other, or the token of servers elsewhere

	Cert, Key, CA string // files of TLS, as written (see Config.Path); all or none, or CA alone for servers elsewhere
	Credentials   string // file for servers elsewhere, as written
}

// fileCluster is Cluster in the file.
type fileCluster struct {
	Name     string   `toml:"name"`
	Host     string   `toml:"host"`
	Listen   string   `toml:"listen"`
	Peers    []string `toml:"peers"`
	Replicas int      `toml:"replicas"`
	Secret   Secret   `toml:"secret"`

	Cert        string `toml:"cert"`
	Key         string `toml:"key"`
	CA          string `toml:"ca"`
	Credentials string `toml:"credentials"`
}

// Three replicas survive the loss of one host, and each write waits for two.
var defaultCluster = fileCluster{Name: "wisr", Replicas: 3}

// maxReplicas is what JetStream can do.
const maxReplicas = 5

// Clustered tells whether this host is one of many.
func (c *Config) Clustered() bool {
	return c.Cluster.Listen != "" || c.Cache.Store.Kind == StoreJetStream
}

// Servers are the URLs of servers elsewhere, as cache.store lists them.
func (s Store) Servers() []string {
	var urls []string
	for _, host := range strings.Split(s.Place, ",") {
		if !strings.Contains(host, "://") {
			host = "nats://" + host
		}
		urls = append(urls, host)
	}
	return urls
}

func checkCluster(doc *strict.Document, c *Config) {
	k := c.Cluster
	if !doc.Has("cluster") && c.Cache.Store.Kind != StoreJetStream {
		return
	}
	for _, n := range []struct{ key, name, hint string }{
		{"cluster.name", k.Name, `write name = "shop"`},
		{"cluster.host", cmp.Or(k.Host, "unnamed"), `write host = "web-1", or remove it`},
	} {
		if !isClusterName(n.name) {
			doc.Errorf(n.key, n.hint, "%s is %s; want letters, digits, - and _, 64 at most", n.key, doc.Quote(n.key))
		}
	}
	if k.Replicas < 1 || k.Replicas > maxReplicas {
		doc.Errorf("cluster.replicas", "three survive the loss of one host", "cluster.replicas is %s; want 1 to %d", found(doc, "cluster.replicas", strconv.Itoa(k.Replicas)), maxReplicas)
	}
	alone := k.Listen == "" && k.Cert == "" && k.Key == "" // servers elsewhere may want no certificate of a host
	if set := countSet(k.Cert, k.Key, k.CA); set != 0 && set != 3 && !alone {
		for _, key := range []string{"cluster.cert", "cluster.key", "cluster.ca"} {
			if !doc.Has(key) {
				doc.Errorf("cluster", `TLS needs cert, key and ca: the files of this host's certificate and key, and of whoever signs all hosts' certificates`, "%s is missing", key)
			}
		}
	}
	if k.Listen == "" {
		checkElsewhere(doc, c)
		return
	}
	if doc.Has("cache.store") {
		doc.Errorf("cache.store", "remove one of the two", "cache.store and cluster.listen both say where pages are kept; with the latter the hosts keep them together")
	}
	if k.Credentials != "" {
		doc.Errorf("cluster.credentials", "remove it, or cluster.listen", "cluster.credentials is for servers elsewhere, and with cluster.listen they run here")
	}
	checkClusterAddresses(doc, k)
}

// checkElsewhere is for servers that wisr does not run.
func checkElsewhere(doc *strict.Document, c *Config) {
	if c.Cache.Store.Kind != StoreJetStream {
		doc.Errorf("cluster", `write listen = "10.0.0.1:6222", the address of this host for the others`, "cluster.listen is missing")
		return
	}
	for _, server := range c.Cache.Store.Servers() {
		scheme, rest, _ := strings.Cut(server, "://")
		if (scheme != "nats" && scheme != "tls") || rest == "" || strings.ContainsAny(rest, "/ @") {
			doc.Errorf("cache.store", `write store = "jetstream:nats://10.0.0.1:4222,nats://10.0.0.2:4222"; a user's credentials are a file: [cluster] credentials = "site.creds"`,
				"cache.store is %s; after the colon stand addresses of NATS servers", doc.Quote("cache.store"))
			return
		}
	}
}

func checkClusterAddresses(doc *strict.Document, k Cluster) {
	problem, hint := checkAddress(k.Listen)
	if problem != "" {
		doc.Errorf("cluster.listen", hint, "cluster.listen is %s: %s", doc.Quote("cluster.listen"), problem)
		return
	}
	for _, peer := range k.Peers {
		problem, hint := checkAddress(peer)
		if host, _, _ := net.SplitHostPort(peer); problem == "" && host == "" {
			problem, hint = "it has no host", `write an address such as "10.0.0.2:6222"`
		}
		if problem != "" {
			doc.Errorf("cluster.peers", hint, "cluster.peers has %q: %s", peer, problem)
		}
	}
	if isLoopback(k.Listen) {
		return
	}
	var missing, lines []string
	if !k.Secret.IsSet() {
		missing = append(missing, "no cluster.secret, so whoever connects could change every page")
		lines = append(lines, `secret = "${WISR_CLUSTER_SECRET}"`)
	}
	if k.Cert == "" {
		missing = append(missing, "no TLS, so pages and the secret would be sent in the clear")
		lines = append(lines, `cert = "host.crt"`, `key = "host.key"`, `ca = "ca.crt"`)
	}
	if missing != nil {
		doc.Errorf("cluster.listen", "set below [cluster]: "+strings.Join(lines, ", "),
			"cluster.listen is %s, which other machines can reach, and there is %s", doc.Quote("cluster.listen"), strings.Join(missing, ", and "))
	}
}

func isLoopback(addr string) bool {
	host, _, _ := net.SplitHostPort(addr)
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback() || strings.EqualFold(host, "localhost")
}

func countSet(texts ...string) (n int) {
	for _, t := range texts {
		if t != "" {
			n++
		}
	}
	return n
}

// isClusterName tells whether a name can be part of NATS' names of subjects and streams.
func isClusterName(s string) bool {
	if s == "" || len(s) > 64 {
		return false
	}
	for _, c := range []byte(s) {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' && c != '_' {
			return false
		}
	}
	return true
}
