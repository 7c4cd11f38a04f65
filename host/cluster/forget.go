package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

// A host that goes for good is one of those still of which most have to be there. So somebody has to
// say that it does not come back: an operator, or time. Forgetting one moves what it
// had to hosts that are there.

const (
	// forgetAfter is how long a host may be away before others take its place. A machine that is repaired is
	// back by then; and a second loss within the time is unlikely.
	forgetAfter = time.Hour
	forgetEvery = 30 * time.Second
	// unanswered is when a server counts as away that does not answer the leader, who asks every second. The servers
	// themselves say so only after minutes if it was killed.
	unanswered = 5 * time.Second
	// forgetWithin is how long the servers may take to agree that a host is gone.
	forgetWithin = 10 * time.Second
)

// Errors of Forget.
var (
	// ErrElsewhere is returned by a host whose servers are not wisr's.
	ErrElsewhere = errors.New("the servers of this site are run elsewhere; remove one there: nats server cluster peer-remove NAME")
	// ErrStillThere is returned for a host that is live.
	ErrStillThere = errors.New("it is live; stop it first")
	// ErrNoSuchHost is returned for a name that no server of the cluster has.
	ErrNoSuchHost = errors.New("no host of the cluster has that name")
	// ErrNotNow is returned while most hosts cannot be reached, or another one is being forgotten.
	ErrNotNow = errors.New("the hosts cannot agree on it now")
)

// Member is a server that counts when hosts decide by majority.
type Member struct {
	Name   string `json:"name"` // of its host; "?" and its ID if no server has met it since it started
	ID     string `json:"id"`
	Leader bool   `json:"leader,omitempty"`
	Away   bool   `json:"away,omitempty"` // it cannot be reached
}

// Away are the names of the members that cannot be reached.
func (s Status) Away() (names []string) {
	for _, m := range s.Members {
		if m.Away {
			names = append(names, m.Name)
		}
	}
	return names
}

// members asks the servers which of them there are. The leader alone knows.
func (c *Cluster) members(ctx context.Context) ([]Member, error) {
	if c.system == nil {
		return nil, ErrElsewhere
	}
	question, err := json.Marshal(server.JSzOptions{LeaderOnly: true})
	if err != nil {
		return nil, err
	}
	reply, err := c.system.RequestWithContext(ctx, "$SYS.REQ.SERVER.PING.JSZ", question)
	if err != nil {
		return nil, fmt.Errorf("ask the servers which of them there are: %w", err)
	}
	var answer struct {
		Data server.JSInfo `json:"data"`
	}
	if err := json.Unmarshal(reply.Data, &answer); err != nil {
		return nil, fmt.Errorf("the answer of the servers: %w", err)
	}
	meta := answer.Data.Meta
	if meta == nil {
		return nil, nil // a server alone
	}
	list := []Member{{Name: meta.Leader, ID: meta.Peer, Leader: true}}
	heard := c.Live()
	for _, r := range meta.Replicas {
		m := Member{Name: r.Name, ID: r.Peer, Away: isAway(r, slices.Contains(heard, r.Name))}
		if strings.ContainsRune(m.Name, ' ') { // "Server name unknown at this time"
			m.Name = "?" + m.ID
		}
		list = append(list, m)
	}
	slices.SortFunc(list, func(a, b Member) int { return strings.Compare(a.Name, b.Name) })
	return list, nil
}

// isAway judges what the leader knows of a server. It knows nothing of one that was gone before it
// led, and then it matters whether its host is heard here.
func isAway(r *server.PeerInfo, heard bool) bool {
	return r.Offline || r.Active > unanswered || r.Active == 0 && !heard
}

// Forget takes a host that is gone for good out of the number of those of which most have to be
// there, and has others keep what it had, if there are enough. The name is a Member's.
func (c *Cluster) Forget(ctx context.Context, name string) error {
	if slices.Contains(c.Live(), name) {
		return fmt.Errorf("forget %s: %w", name, ErrStillThere)
	}
	ctx, cancel := context.WithTimeout(ctx, forgetWithin)
	defer cancel()
	members, err := c.members(ctx)
	if err != nil {
		if !errors.Is(err, ErrElsewhere) {
			err = fmt.Errorf("%w: %w", ErrNotNow, err)
		}
		return fmt.Errorf("forget %s: %w", name, err)
	}
	var names []string
	for _, m := range members {
		switch {
		case m.Name != name:
			names = append(names, m.Name)
		case !m.Away:
			return fmt.Errorf("forget %s: %w", name, ErrStillThere)
		default:
			return c.forget(ctx, m)
		}
	}
	return fmt.Errorf("forget %s: %w; there are %s", name, ErrNoSuchHost, strings.Join(names, ", "))
}

func (c *Cluster) forget(ctx context.Context, m Member) error {
	question, err := json.Marshal(server.JSApiMetaServerRemoveRequest{Peer: m.ID})
	if err != nil {
		return err
	}
	reply, err := c.system.RequestWithContext(ctx, server.JSApiRemoveServer, question)
	if err != nil {
		return fmt.Errorf("forget %s: %w: %w", m.Name, ErrNotNow, err)
	}
	var answer server.JSApiMetaServerRemoveResponse
	if err := json.Unmarshal(reply.Data, &answer); err != nil {
		return fmt.Errorf("forget %s: the answer of the servers: %w", m.Name, err)
	}
	if answer.Error != nil {
		return fmt.Errorf("forget %s: %w: %s", m.Name, ErrNotNow, answer.Error.Description)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.hosts, m.Name)
	return nil
}

// tidy forgets hosts that are away for long and whose place others can take, until ctx ends. One host
// does that: the one whose server leads.
func (c *Cluster) tidy(ctx context.Context) {
	tick := time.NewTicker(forgetEvery)
	defer tick.Stop()
	away := make(absences)
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		if err := c.tidyOnce(ctx, away); err != nil && ctx.Err() == nil {
			c.log.Warn("a host that is gone still counts when the others decide", "cause", err)
		}
	}
}

func (c *Cluster) tidyOnce(ctx context.Context, away absences) error {
	ctx, cancel := context.WithTimeout(ctx, forgetWithin)
	defer cancel()
	members, err := c.members(ctx)
	if err != nil {
		return nil // whoever leads later tries again
	}
	c.counts(members)
	now := time.Now()
	there := away.note(members, now)
	if !slices.ContainsFunc(members, func(m Member) bool { return m.Leader && m.Name == c.opt.Host }) {
		return nil
	}
	buckets, err := c.pages.Buckets(ctx)
	if err != nil {
		return nil
	}
	for _, b := range buckets {
		if there < b.Replicas || b.Moving {
			return nil // nobody could take its place, or somebody takes that of another
		}
	}
	for _, m := range members { // one at a time
		if since, ok := away[m.ID]; ok && now.Sub(since) >= forgetAfter {
			c.log.Warn("a host was away for long and is forgotten; others take its place", "host", m.Name, "since", since.UTC().Format(time.RFC3339))
			return c.forget(ctx, m)
		}
	}
	return nil
}

// counts says when this host is not one of those of which most have to be there. The servers take in nobody whom
// they have forgotten within five minutes, and anybody else at once.
func (c *Cluster) counts(members []Member) {
	one := members == nil || slices.ContainsFunc(members, func(m Member) bool { return m.Name == c.opt.Host })
	switch was := c.forgotten.Swap(!one); {
	case !one && !was:
		c.log.Warn("the other hosts have forgotten this one: it shows and makes what they have, keeps nothing for them, and counts again in five minutes at most; " +
			"if another one has its place, stop it")
	case one && was:
		c.log.Info("this host counts again when the hosts decide")
	}
}

// absences are the members that cannot be reached, by ID, and since when.
type absences map[string]time.Time

// note takes in who is away now, and returns how many are there.
func (a absences) note(members []Member, now time.Time) (there int) {
	left := maps.Clone(a)
	for _, m := range members {
		if !m.Away {
			there++
			continue
		}
		delete(left, m.ID)
		if _, known := a[m.ID]; !known {
			a[m.ID] = now
		}
	}
	for id := range left { // back, or forgotten
		delete(a, id)
	}
	return there
}

// connectSystem is how the servers are asked about themselves.
func (c *Cluster) connectSystem() (err error) {
	c.system, err = nats.Connect("", nats.Name("wisr "+c.opt.Host+" members"), nats.InProcessServer(c.server), nats.UserInfo(systemUser, c.password), nats.MaxReconnects(-1))
	return err
}
