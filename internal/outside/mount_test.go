package outside

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
)

// cannotMount says why file systems cannot be mounted here, "" when they can. It is the one place that decides whether the
// tests of power cut and full disk run; TestMain prints the reason when they do not. It mounts both kinds once to find out.
var cannotMount = sync.OnceValue(func() string {
	if runtime.GOOS != "linux" {
		return "they mount file systems of Linux, this is " + runtime.GOOS
	}
	if os.Geteuid() != 0 {
		return "they mount file systems, which only root may"
	}
	dir, err := os.MkdirTemp("", "fettle-mount-")
	if err != nil {
		return err.Error()
	}
	defer os.RemoveAll(dir) //nolint:errcheck // empty folders
	image, point := filepath.Join(dir, "image"), filepath.Join(dir, "point")
	steps := [][]string{
		{"mkdir", point},
		{"mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", point},
		{"umount", point},
		{"truncate", "-s", "8M", image},
		{"mkfs.ext4", "-q", "-F", image},
		{"mount", "-o", "loop", image, point},
		{"umount", point},
	}
	for _, step := range steps {
		if out, err := exec.Command(step[0], step[1:]...).CombinedOutput(); err != nil {
			return fmt.Sprintf("%s: %v %s", strings.Join(step, " "), err, strings.TrimSpace(string(out)))
		}
	}
	return ""
})

// mount mounts a file system at a folder of the test's and takes it away when the test ends.
func mount(t testing.TB, args ...string) (point string) {
	t.Helper()
	point = filepath.Join(t.TempDir(), "mounted")
	if err := os.Mkdir(point, 0o700); err != nil {
		t.Fatal(err)
	}
	command(t, "mount", append(args, point)...)
	t.Cleanup(func() { unmount(point) })
	return point
}

// unmount takes a file system away, if it is still there. A lazy one holds on to nothing that the test needs.
func unmount(point string) {
	if exec.Command("umount", point).Run() != nil {
		_ = exec.Command("umount", "-l", point).Run() // an error says that it is gone
	}
}

// image makes a file with an empty ext4 in it.
func image(t testing.TB, megabytes int) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "disk")
	command(t, "truncate", "-s", fmt.Sprintf("%dM", megabytes), file)
	command(t, "mkfs.ext4", "-q", "-F", file)
	return file
}

// loopOptions keep the kernel from flushing on its own while a round lasts, so that what the service does not flush is gone.
const loopOptions = "loop,commit=300"
