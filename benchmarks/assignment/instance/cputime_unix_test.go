//go:build unix

package instance_test

import (
	"syscall"
	"time"
)

// processorTime is the time that the process has spent on processors, which other work on the machine stretches least.
func processorTime() time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		return 0
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
