package jetstream

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/nats-io/nats.go/jetstream"
)

// Bucket is what a bucket takes on each server that has it, and which servers these are.
type Bucket struct {
	Name     string `json:"name"`
	Messages uint64 `json:"messages"`
	Bytes    uint64 `json:"bytes"`
	Replicas int    `json:"replicas"`
	Last     uint64 `json:"last"` // sequence of the last message
	Leader   string `json:"leader,omitempty"`

	Servers []string `json:"servers,omitempty"` // that have it, sorted
	Behind  int      `json:"behind,omitempty"`  // how many of them do not have all of it
	// Moving says that a server takes the place of another: until that is done, the loss of one more may
	// leave no majority, even if there are enough servers.
	Moving bool `json:"moving,omitempty"`
}

// opened notes a stream of this site.
func (s *Store) opened(stream string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !slices.Contains(s.streams, stream) {
		s.streams = append(s.streams, stream)
	}
}

// Buckets returns all buckets that were opened: those of pages and of invalidations come first. A
// site lives only if each of them has a majority.
func (s *Store) Buckets(ctx context.Context) ([]Bucket, error) {
	s.mu.Lock()
	streams := slices.Clone(s.streams)
	s.mu.Unlock()
	var list []Bucket
	for _, stream := range streams {
		b, err := s.bucket(ctx, stream)
		if err != nil {
			return nil, fmt.Errorf("the bucket %s: %w", stream, err)
		}
		list = append(list, b)
	}
	return list, nil
}

// bucket asks whoever leads a stream. What servers say of a move is not known to package jetstream of the client.
func (s *Store) bucket(ctx context.Context, stream string) (Bucket, error) {
	reply, err := s.opt.Conn.RequestWithContext(ctx, "$JS.API.STREAM.INFO."+stream, nil)
	if err != nil {
		return Bucket{}, err
	}
	var info struct {
		Error  *jetstream.APIError    `json:"error"`
		Config jetstream.StreamConfig `json:"config"`
		State  struct {
			Messages uint64 `json:"messages"`
			Bytes    uint64 `json:"bytes"`
			LastSeq  uint64 `json:"last_seq"`
		} `json:"state"`
		Cluster *struct {
			jetstream.ClusterInfo
			Desired *struct{} `json:"desired"` // the servers that are to have it, while others do
		} `json:"cluster"`
	}
	if err := json.Unmarshal(reply.Data, &info); err != nil {
		return Bucket{}, fmt.Errorf("the leader's answer: %w", err)
	}
	if info.Error != nil {
		return Bucket{}, info.Error
	}
	b := Bucket{Name: stream, Messages: info.State.Messages, Bytes: info.State.Bytes, Last: info.State.LastSeq, Replicas: info.Config.Replicas}
	if info.Cluster == nil {
		return b, nil
	}
	b.Leader, b.Moving = info.Cluster.Leader, info.Cluster.Desired != nil
	if b.Leader != "" {
		b.Servers = append(b.Servers, b.Leader)
	}
	for _, r := range info.Cluster.Replicas {
		b.Servers = append(b.Servers, r.Name)
		if !r.Current {
			b.Behind++
		}
	}
	slices.Sort(b.Servers)
	return b, nil
}

// Count is how many entries there are, also of versions that are not active; 0 if the servers do not say.
func (s *Store) Count(ctx context.Context) uint64 {
	ctx, cancel := within(ctx, patience)
	defer cancel()
	state, err := s.pages.info(ctx)
	if err != nil {
		return 0
	}
	return state.Msgs
}
