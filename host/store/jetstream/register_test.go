package jetstream

import (
	"context"
	"errors"
	"testing"
	"time"
)

// Hosts are told of a value by whichever replica has it first. Who asks the leader for it then may not be given the one before.
func TestAValueThatIsOlderThanWasToldIsNotRead(t *testing.T) {
	s := opened(t, connected(t, served(t)), "told", Options{})
	defer s.Close()
	r, err := s.OpenRegister(t.Context(), "active")
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Set(t.Context(), Registered{Name: "page", Value: []byte("one")}); err != nil {
		t.Fatal(err)
	}
	one, err := r.Get(t.Context(), "page")
	if err != nil || string(one.Value) != "one" {
		t.Fatalf("%+v, %v", one, err)
	}
	subject := "d." + hash("page")
	r.told.tell(subject, one.Revision+1)
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if v, err := r.Get(ctx, "page"); !errors.Is(err, errEarly) {
		t.Errorf("%+v, %v; want none", v, err)
	}
	got := make(chan Registered, 1)
	go func() {
		v, err := r.Get(t.Context(), "page")
		if err != nil {
			t.Error(err)
		}
		got <- v
	}()
	if err := r.bucket.put(t.Context(), subject, s.header("page", "", time.Unix(0, 0)), []byte("two")); err != nil {
		t.Fatal(err)
	}
	if v := <-got; string(v.Value) != "two" {
		t.Errorf("it is %q", v.Value)
	}
}

func TestAHostIsToldWhichValueWasSet(t *testing.T) {
	url := served(t)
	s, other := opened(t, connected(t, url), "told", Options{}), opened(t, connected(t, url), "told", Options{})
	defer s.Close()
	defer other.Close()
	r, err := s.OpenRegister(t.Context(), "active")
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := other.OpenRegister(t.Context(), "active")
	if err != nil {
		t.Fatal(err)
	}
	if err := theirs.Set(t.Context(), Registered{Name: "page", Value: []byte("one")}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	r.Follow(ctx, func(name string) {
		v, err := r.Get(ctx, name)
		if err != nil || name != "page" || string(v.Value) != "one" || r.told.of("d."+hash("page")) != v.Revision {
			t.Errorf("%s is %+v, %v", name, v, err)
		}
		cancel()
	})
}
