//go:build race

package main

// raceDetector tells whether machine code for guests is made by a program that is several times slower.
const raceDetector = true
