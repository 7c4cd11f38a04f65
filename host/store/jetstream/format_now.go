//go:build !nextformat

package jetstream

// format is the version of what is in messages. It goes up when an older program
// could not read what a newer one writes.
const format = 1
