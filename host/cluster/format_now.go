//go:build !nextformat

package cluster

// format is the version of what hosts tell each other.
const format = 1
