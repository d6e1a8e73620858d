package benchfamily

import "time"

// stopwatch starts one: it tells the wall time since now, or the processor time that the process has spent since.
func stopwatch(processor bool) func() time.Duration {
	if processor {
		start := processorTime()
		return func() time.Duration { return processorTime() - start }
	}
	start := time.Now()
	return func() time.Duration { return time.Since(start) }
}
