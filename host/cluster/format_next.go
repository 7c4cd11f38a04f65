//go:build nextformat

package cluster

// format is that of a wisr that is newer than this one, for the test of a rolling upgrade.
const format = 2
