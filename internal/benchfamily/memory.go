package benchfamily

import (
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
)

// memory watches the highest resident size of this process from a moment on.
type memory struct{ resident bool }

// startMemory gives unused memory back, so that the run before does not count, and asks the kernel to forget its high-water
// mark (Linux: proc(5), clear_refs). Elsewhere the heap that the runtime holds stands for it.
func startMemory() memory {
	debug.FreeOSMemory()
	return memory{resident: os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) == nil}
}

// peakMB is the highest size since then.
func (m memory) peakMB() float64 {
	if m.resident {
		if kb, ok := highWaterKB(); ok {
			return *rounded(float64(kb)/1024, 1)
		}
	}
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	return *rounded(float64(s.Sys)/(1<<20), 1)
}

func highWaterKB() (int64, bool) {
	data, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, false
	}
	for line := range strings.Lines(string(data)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kb, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			return kb, err == nil
		}
	}
	return 0, false
}
