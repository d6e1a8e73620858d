package export

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"syscall"
)

// threads is on how many processors a process with a limit works at once: each takes threads, and the stacks of threads count.
const threads = 2

// Bound limits the memory that this process may take, in bytes, needs no privileges, and ends it when it wants more: the runtime
// gives up with "out of memory". Its garbage is collected sooner as it comes near. To the kernel the process is the first to
// go when the machine, or its cgroup, has none left: neither the service nor what else is there.
func Bound(bytes uint64) error {
	_ = os.WriteFile("/proc/self/oom_score_adj", []byte("1000"), 0o600) // where there is no /proc the order stays as it is
	if bytes == 0 {
		return nil
	}
	runtime.GOMAXPROCS(min(runtime.GOMAXPROCS(0), threads))
	debug.SetMemoryLimit(int64(bytes / 10 * 6)) // stacks, and what the heap reserves ahead, count too
	if err := syscall.Setrlimit(syscall.RLIMIT_DATA, &syscall.Rlimit{Cur: bytes, Max: bytes}); err != nil {
		return fmt.Errorf("limit memory to %d bytes: %w", bytes, err)
	}
	return nil
}
