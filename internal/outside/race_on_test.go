//go:build race

package outside

// raceEnabled tells that the tests, and so the program, run under the race detector.
const raceEnabled = true
