//go:build race

package memory

// The race detector makes sync.Pool forget at random, so allocations cannot be counted.
const raceDetector = true
