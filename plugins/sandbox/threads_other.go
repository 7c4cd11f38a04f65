//go:build !linux

package sandbox

// lowerPriority does nothing: elsewhere priorities are a process's, or need more
// than a few lines.
func lowerPriority(int) {}
