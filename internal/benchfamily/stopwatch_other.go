//go:build !unix

package benchfamily

import "time"

var started = time.Now()

// processorTime is the time since the start where the system tells no processor time.
func processorTime() time.Duration { return time.Since(started) }
