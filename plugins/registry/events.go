package registry

// Events are called as plugins change, outside of the registry's locks, on the
// goroutine that made the change; they return soon. A nil one is skipped.
type Events struct {
	// Swapped is called after another version became active.
	Swapped func(Swapped)
	// Refused is called after a version was refused. The report is not changed any more.
	Refused func(*Report)
	// Removed is called after a plugin went.
	Removed func(plugin string, why Reason)
}

// Swapped tells that visitors get another version from now on.
type Swapped struct {
	Plugin, Version string
	Previous        string // "" for none
	Reason          Reason
	Report          *Report
}

func (ev *Events) swapped(s Swapped) {
	if ev.Swapped != nil {
		ev.Swapped(s)
	}
}

func (ev *Events) refused(r *Report) {
	if ev.Refused != nil {
		ev.Refused(r)
	}
}

func (ev *Events) removed(plugin string, why Reason) {
	if ev.Removed != nil {
		ev.Removed(plugin, why)
	}
}
