package cluster

import (
	"context"
	"encoding/json"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/wisr-dev/wisr/host/store/jetstream"
)

// confirmWithin is how long an editor waits for the other hosts (S100).
const confirmWithin = time.Second

// Confirmed says how many hosts know of something.
type Confirmed struct {
	Confirmed int `json:"confirmed"`
	Live      int `json:"live"`
}

// Confirm asks the other hosts whether they know all that this one has written, and
// waits for those that are live, a second at most. From then on none of
// those that have confirmed shows anything older.
func (c *Cluster) Confirm(ctx context.Context) Confirmed {
	all := Confirmed{Confirmed: 1, Live: len(c.Live())}
	if c.Detached() || all.Live == 1 {
		return all
	}
	ctx, cancel := context.WithTimeout(ctx, confirmWithin)
	defer cancel()
	question, err := json.Marshal(c.pages.Written())
	if err != nil {
		return all
	}
	inbox, err := c.conn.SubscribeSync(c.conn.NewInbox())
	if err != nil {
		return all
	}
	defer func() { _ = inbox.Unsubscribe() }() // it fails only if the connection is closed
	if err := c.conn.PublishRequest(c.subject("confirm"), inbox.Subject, question); err != nil {
		return all
	}
	known := map[string]bool{c.opt.Host: true}
	for len(known) < all.Live {
		reply, err := inbox.NextMsgWithContext(ctx)
		if err != nil {
			break
		}
		if len(reply.Data) > 0 { // else nobody listens
			known[string(reply.Data)] = true
		}
	}
	all.Confirmed = len(known)
	all.Live = max(all.Live, all.Confirmed)
	return all
}

// answerConfirm answers Confirm of another host, once what it has written was told here.
func (c *Cluster) answerConfirm(m *nats.Msg) {
	var p jetstream.Position
	if json.Unmarshal(m.Data, &p) != nil {
		return
	}
	c.spawn(func(ctx context.Context) {
		ctx, cancel := context.WithTimeout(ctx, confirmWithin)
		defer cancel()
		if c.pages.Reach(ctx, p) == nil {
			_ = m.Respond([]byte(c.opt.Host)) // who asked counts who answers
		}
	})
}
