package jetstream

import "context"

// Bucket is what a bucket takes on each server that has it, and which server leads it.
type Bucket struct {
	Name     string `json:"name"`
	Messages uint64 `json:"messages"`
	Bytes    uint64 `json:"bytes"`
	Replicas int    `json:"replicas"`
	Leader   string `json:"leader,omitempty"`
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
		}
		list = append(list, one)
	}
	return list, nil
}
