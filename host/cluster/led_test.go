package cluster

import (
	"testing"

	"github.com/nats-io/nats-server/v2/server"
)

func TestAHostNeedsALinkToWhoLeadsOrToMostWhoFollow(t *testing.T) {
	for _, c := range []struct {
		leader string
		others int // that have a replica
		linked string
		want   bool
	}{
		{"b", 2, "b", true},
		{"b", 2, "c", false},
		{"", 2, "bc", false}, // they elect one
		{"a", 0, "", true},
		{"a", 2, "c", true},
		{"a", 2, "", false},
		{"a", 4, "b", false},
		{"a", 4, "bd", true},
	} {
		group := &server.ClusterInfo{Leader: c.leader}
		for i := range c.others {
			group.Replicas = append(group.Replicas, &server.PeerInfo{Name: string(rune('b' + i))})
		}
		linked := make(map[string]bool)
		for _, name := range c.linked {
			linked[string(name)] = true
		}
		if got := led("a", group, linked); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
	if !led("a", nil, nil) {
		t.Error("a bucket of which it has no replica counts")
	}
}
