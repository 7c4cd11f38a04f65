package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/wisr-dev/wisr/host/cluster"
	"github.com/wisr-dev/wisr/plugins/logtest"
	"github.com/wisr-dev/wisr/plugins/relaytest"
)

// late is how long three processes may take for anything on a machine that is busy with other tests.
const late = 2 * time.Minute

// machine is a host of a site on an address of its own: all of 127.0.0.0/8 is this machine, and no port is taken from others.
type machine struct {
	t           *testing.T
	name, dir   string
	address     string // for the other hosts
	site, admin string // site is a URL, admin an address
	join        []string

	command *exec.Cmd
	log     logtest.Buffer
}

// machines are three hosts of one site.
type machines []*machine

// newMachines makes the folders of three hosts. a knows of no other; b and c are told of a by --join. What a and b
// grant to plugins that are sent is more than what c does: a network of which nobody is.
func newMachines(t *testing.T, u *relaytest.Upstream) machines {
	t.Helper()
	network := fmt.Sprintf("127.%d.%d.", 1+rand.IntN(254), rand.IntN(256))
	var all machines
	for i := range 3 {
		host := network + fmt.Sprint(i+1)
		m := &machine{t: t, name: string(rune('a' + i)), dir: t.TempDir(), address: host + ":6222", site: "http://" + host + ":3000", admin: host + ":9090"}
		grants := fmt.Sprintf("%q", u.URL)
		if i < 2 {
			grants += fmt.Sprintf(", %q", nobody)
		}
		m.write("wisr.toml", fmt.Sprintf("[server]\nlisten = \"%s:3000\"\n[admin]\nlisten = %q\n[revalidate]\nsecret = \"editors\"\n"+
			"[grants]\nfetch = [%s]\nprivate_networks = true\n[cluster]\nname = \"shop\"\nhost = %q\nlisten = %q\n", host, m.admin, grants, m.name, m.address))
		if i > 0 {
			m.join = []string{"--join", all[0].address}
		}
		m.plugin("plugins/page", u, "page", "")
		t.Cleanup(m.kill)
		all = append(all, m)
	}
	return all
}

// nobody is whom only some hosts let a plugin ask.
const nobody = "https://nobody.example"

// start starts all and waits until each sees all.
func (all machines) start() {
	all[0].t.Helper()
	var group sync.WaitGroup
	for _, m := range all {
		m.begin()
		group.Go(m.ready)
	}
	group.Wait()
	all.everywhere("hears all", func(m *machine) bool { return len(m.live()) == len(all) })
}

// everywhere waits until something is so on every host.
func (all machines) everywhere(what string, is func(*machine) bool) {
	all[0].t.Helper()
	for _, m := range all {
		m.eventually(m.name+" "+what, func() bool { return is(m) })
	}
}

// serve waits until every host that is live serves a version of the page, and says so to every other.
func (all machines) serve(version string) {
	all[0].t.Helper()
	all.everywhere("has the version", func(m *machine) bool {
		return !slices.ContainsFunc(m.status().Hosts, func(h cluster.HostStatus) bool { return h.Live && h.Versions["page"] != version })
	})
}

// without are the others.
func (all machines) without(m *machine) machines {
	return slices.DeleteFunc(slices.Clone(all), func(other *machine) bool { return other == m })
}

func (m *machine) write(name, text string) {
	m.t.Helper()
	name = filepath.Join(m.dir, name)
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		m.t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		m.t.Fatal(err)
	}
}

// plugin writes a version of the plugin "page", at /[n]. script is whom it asks at the upstream, and allow
// whom else it wants to.
func (m *machine) plugin(folder string, u *relaytest.Upstream, script, allow string) {
	m.t.Helper()
	module, err := os.ReadFile("../../testdata/relay.wasm")
	if err != nil {
		m.t.Fatal(err)
	}
	m.write(folder+"/relay.wasm", string(module))
	m.write(folder+"/plugin.toml", fmt.Sprintf("name = \"page\"\nroute = \"/[n]\"\nmodule = \"relay.wasm\"\n[fetch]\nallow = [%q%s]\n[config]\nupstream = %q\n",
		u.URL, allow, u.URL+"/"+script))
}

// load sends a version to the host.
func (m *machine) load(u *relaytest.Upstream, script, allow string) (out string, code int) {
	m.t.Helper()
	m.plugin("next", u, script, allow)
	return m.wisr("plugin", "load", filepath.Join(m.dir, "next"))
}

// begin starts the host.
func (m *machine) begin() {
	m.t.Helper()
	m.command = exec.Command("wisr", append([]string{"start", m.dir}, m.join...)...)
	m.command.Stdout, m.command.Stderr = &m.log, &m.log
	m.command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} // a test that takes too long ends nothing
	if err := m.command.Start(); err != nil {
		m.t.Fatal(err)
	}
}

// ready waits until the host says that it is ready, and returns at that moment. Unlike others it may be called by any goroutine.
func (m *machine) ready() {
	m.t.Helper()
	for end := time.Now().Add(late); ; time.Sleep(time.Millisecond) {
		answer, err := http.Get("http://" + m.admin + "/readyz")
		if err == nil {
			_ = answer.Body.Close()
			if answer.StatusCode == http.StatusOK {
				return
			}
		}
		if time.Now().After(end) {
			m.t.Errorf("host %s does not get ready: %v", m.name, err)
			return
		}
	}
}

func (m *machine) kill() {
	if m.command != nil && m.command.ProcessState == nil && m.command.Process != nil {
		_ = m.command.Process.Kill()
		_ = m.command.Wait() // it says that it was killed
	}
	if m.t.Failed() {
		m.t.Logf("log of %s:\n%s", m.name, &m.log)
	}
}

func (m *machine) get(path string) string {
	answer, err := http.Get(m.site + path)
	if err != nil {
		return err.Error()
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return err.Error()
	}
	return string(body)
}

// revalidate has the host make a page anew, until all hosts have confirmed that they know of it.
func (m *machine) revalidate(path string, hosts int) {
	m.t.Helper()
	m.eventually("all confirm", func() bool {
		return strings.Contains(m.get("/_wisr/revalidate?secret=editors&path="+path), fmt.Sprintf(`"hosts":{"confirmed":%d,"live":%[1]d}`, hosts))
	})
}

// wisr runs a command about the host.
func (m *machine) wisr(args ...string) (out string, code int) {
	m.t.Helper()
	c := exec.CommandContext(m.t.Context(), "wisr", args...)
	c.Env = append(os.Environ(), "WISR_ADMIN="+m.admin, "NO_COLOR=1")
	text, err := c.CombinedOutput()
	if err != nil && c.ProcessState == nil {
		m.t.Fatal(err)
	}
	return string(text), c.ProcessState.ExitCode()
}

func (m *machine) eventually(what string, is func() bool) {
	m.t.Helper()
	for end := time.Now().Add(late); !is(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			text, _ := m.wisr("cluster", "status")
			m.t.Fatalf("never: %s; the host says\n%s", what, text)
		}
	}
}

// status is `wisr cluster status --json`.
func (m *machine) status() (s cluster.Status) {
	m.t.Helper()
	text, _ := m.wisr("cluster", "status", "--json")
	if err := json.NewDecoder(strings.NewReader(text)).Decode(&s); err != nil {
		m.t.Errorf("%v\n%s", err, text)
	}
	return s
}

// live are the hosts that this one hears.
func (m *machine) live() (names []string) {
	for _, h := range m.status().Hosts {
		if h.Live {
			names = append(names, h.Name)
		}
	}
	return names
}

// active is the version that the host serves.
func (m *machine) active() string {
	s := m.status() // of others it knows what they said last
	i := slices.IndexFunc(s.Hosts, func(h cluster.HostStatus) bool { return h.Name == s.Host })
	return s.Hosts[i].Versions["page"]
}
