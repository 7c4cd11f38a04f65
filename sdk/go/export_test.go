package page

// Swap registers p in place of what is registered, until restore is called.
func Swap[P any](p Page[P]) (restore func()) {
	before := registered
	registered = p
	return func() { registered = before }
}

// Unregister takes the registered page away, until restore is called.
func Unregister() (restore func()) {
	before := registered
	registered = nil
	return func() { registered = before }
}
