package jetstream

import (
	"context"
	"slices"
)

// Bucket is what a bucket takes on each server that has it, and which servers these are.
type Bucket struct {
	Name     string `json:"name"`
	Messages uint64 `json:"messages"`
	Bytes    uint64 `json:"bytes"`
	Replicas int    `json:"replicas"`
	Leader   string `json:"leader,omitempty"`

	Servers []string `json:"servers,omitempty"` // that have it, sorted
	Behind  int      `json:"behind,omitempty"`  // how many of them do not have all of it
}

// Buckets returns the buckets of pages and of invalidations.
func (s *Store) Buckets(ctx context.Context) ([]Bucket, error) {
	var list []Bucket
	for _, b := range []*bucket{&s.pages, &s.marks} {
		stream, err := s.js.Stream(ctx, b.stream)
		if err != nil {
			return nil, err
		}
		info := stream.CachedInfo()
		one := Bucket{Name: b.stream, Messages: info.State.Msgs, Bytes: info.State.Bytes, Replicas: info.Config.Replicas}
		if info.Cluster != nil {
			one.Leader = info.Cluster.Leader
			if one.Leader != "" {
				one.Servers = append(one.Servers, one.Leader)
			}
			for _, r := range info.Cluster.Replicas {
				one.Servers = append(one.Servers, r.Name)
				if !r.Current {
					one.Behind++
				}
			}
			slices.Sort(one.Servers)
		}
		list = append(list, one)
	}
	return list, nil
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
