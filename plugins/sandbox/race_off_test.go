//go:build !race

package sandbox

// raceDetector is whether the race detector looks on.
const raceDetector = false
