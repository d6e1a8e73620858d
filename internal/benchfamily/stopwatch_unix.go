//go:build unix

package benchfamily

import (
	"syscall"
	"time"
)

// processorTime is the time that this process has spent on processors, all its threads together.
func processorTime() time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		return 0
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
