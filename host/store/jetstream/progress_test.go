package jetstream

import "testing"

func TestWhoLeadsIsAskedForNoPage(t *testing.T) {
	nc := connected(t, served(t))
	s := opened(t, nc, "led", Options{})
	defer s.Close()
	if _, err := s.Put(t.Context(), generation("/large", 1, 512<<10)); err != nil {
		t.Fatal(err)
	}
	before := nc.Stats().InBytes
	if err := s.Led(t.Context()); err != nil {
		t.Fatal(err)
	}
	if read := nc.Stats().InBytes - before; read > 10<<10 {
		t.Errorf("the answers are %d bytes", read)
	}
	if err := s.js.DeleteStream(t.Context(), s.marks.stream); err != nil {
		t.Fatal(err)
	}
	if err := s.Led(t.Context()); err == nil {
		t.Error("a bucket that is gone is led by somebody")
	}
}
