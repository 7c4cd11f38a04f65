package cluster

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"github.com/wisr-dev/wisr/host/store/jetstream"
)

// maxPayload is the largest message; what is larger is kept in files. The server's
// authors advise no more than 8 MB, and few pages are larger than this.
const maxPayload = 2 << 20

// The users of the server, all of this process and who it lets in.
const (
	pagesUser  = "wisr"
	systemUser = "system" // may ask about servers and remove them, and has no pages
)

// serve starts the server in this process. Nobody but this process and the other
// hosts' servers can use it.
func (c *Cluster) serve() error {
	host, portText, err := net.SplitHostPort(c.opt.Listen)
	if err != nil {
		return err
	}
	port, err := strconv.Atoi(portText)
	if err != nil {
		return err
	}
	if err := free(c.opt.Listen); err != nil {
		return err
	}
	if port == 0 {
		port = server.RANDOM_PORT
	}
	system := server.NewAccount(server.DEFAULT_SYSTEM_ACCOUNT)
	options := &server.Options{
		ServerName: c.opt.Host,
		// It reaches the others only if it listens for clients as well. Nobody else knows the password.
		Host: "127.0.0.1", Port: server.RANDOM_PORT,
		Accounts: []*server.Account{system}, SystemAccount: system.Name,
		Users:      []*server.User{{Username: pagesUser, Password: c.password}, {Username: systemUser, Password: c.password, Account: system}},
		NoSigs:     true,
		MaxPayload: maxPayload,
		JetStream:  true,
		StoreDir:   c.opt.Dir,
		// The operator bounds pages by [cache] max_size; the server would not make a
		// bucket that may become larger than three quarters of the disk's free space.
		JetStreamMaxStore:   1 << 50,
		JetStreamMaxMemory:  1 << 30,
		JetStreamMaxCatchup: 8 << 20,
		Cluster: server.ClusterOpts{
			Name: c.opt.Name, Host: host, Port: port, TLSConfig: c.opt.TLS, TLSTimeout: 5, AuthTimeout: 5,
			PingInterval: 2 * time.Second, MaxPingsOut: 2, // a link that swallows everything is noticed
			ConnectRetries: -1, Advertise: c.advertised(),
			// Whom the server asks for a message is chosen at random among all that have it. Who asks in this process
			// means the replica in it, and says so if it means any (see package jetstream). Files are asked for by the
			// library, which says nothing, and are read from any.
			Permissions: &server.RoutePermissions{Export: &server.SubjectPermission{Deny: jetstream.NearSubjects(c.opt.Name)}},
		},
		DisableJetStreamBanner: true,
	}
	if c.opt.Secret != "" {
		options.Cluster.Username, options.Cluster.Password = "wisr", c.opt.Secret
	}
	peers := c.opt.Peers
	if len(peers) == 0 { // the first host, which others join: the server wants to know of one, and knows itself
		peers = []string{c.opt.Listen}
	}
	for _, peer := range peers {
		route := &url.URL{Scheme: "nats", Host: peer}
		if c.opt.Secret != "" {
			route.User = url.UserPassword("wisr", c.opt.Secret)
		}
		options.Routes = append(options.Routes, route)
	}
	s, err := server.NewServer(options)
	if err != nil {
		return err
	}
	c.said = &serverLog{log: c.log, secret: c.opt.Secret, now: time.Now, taken: c.taken}
	s.SetLogger(c.said, false, false)
	c.server = s
	s.Start()
	if !s.Running() {
		return errors.New("the server in this process did not start; see the log")
	}
	return c.admit()
}

// advertised is the address of which hosts that were told of this one tell each other, "" for that from
// which it is seen to connect: a machine may have several, and only listens on one.
func (c *Cluster) advertised() string {
	if c.opt.advertise != "" {
		return c.opt.advertise
	}
	host, port, err := net.SplitHostPort(c.opt.Listen)
	if ip := net.ParseIP(host); err != nil || port == "0" || host == "" || ip != nil && ip.IsUnspecified() {
		return ""
	}
	return c.opt.Listen
}

// door is how another process of the same user reaches the server in this one.
type door struct {
	URL      string `json:"url"`
	Password string `json:"password"`
}

// doorFile is where that is written, in Options.Dir.
const doorFile = "client.json"

// admit lets other processes of this user in, for `wisr store copy`.
func (c *Cluster) admit() error {
	data, err := json.Marshal(door{URL: c.server.ClientURL(), Password: c.password})
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(c.opt.Dir, doorFile), data, 0o600)
}

// Visit connects to the server of a running host, whose Options.Dir is given.
func Visit(dir string) (*nats.Conn, error) {
	data, err := os.ReadFile(filepath.Join(dir, doorFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("no host of a cluster runs here: there is no %s; start it with `wisr start`", filepath.Join(dir, doorFile))
	}
	var d door
	if err == nil {
		err = json.Unmarshal(data, &d)
	}
	if err != nil {
		return nil, fmt.Errorf("read how to reach the host: %w", err)
	}
	conn, err := nats.Connect(d.URL, nats.UserInfo(pagesUser, d.Password))
	if err != nil {
		return nil, fmt.Errorf("reach the host that runs here; is it running? %w", err)
	}
	return conn, nil
}

// free finds out whether an address can be listened on: the server would only log
// that it cannot, and go on alone.
func free(address string) error {
	probe, err := net.Listen("tcp", address)
	if err != nil {
		return fmt.Errorf("listen for the other hosts ([cluster] listen): %w", err)
	}
	return probe.Close()
}
