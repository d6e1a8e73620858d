package pgtest

import (
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// unprivileged are the rights of the cluster's processes: those of the user postgres when this one is root, as the server
// refuses root. They end when this process does.
func unprivileged() *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{Pdeathsig: syscall.SIGQUIT}
	if uid, gid, ok := postgresUser(); ok {
		attr.Credential = &syscall.Credential{Uid: uid, Gid: gid}
	}
	return attr
}

// own gives a folder to the cluster's user.
func own(dir string) error {
	uid, gid, ok := postgresUser()
	if !ok {
		return nil
	}
	if err := os.Chown(dir, int(uid), int(gid)); err != nil {
		return fmt.Errorf("give the folder to the user postgres: %w", err)
	}
	return nil
}

// postgresUser is whom root becomes; ok is false for anybody else.
func postgresUser() (uid, gid uint32, ok bool) {
	if os.Getuid() != 0 {
		return 0, 0, false
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		id, err1 := strconv.ParseUint(u.Uid, 10, 32)
		group, err2 := strconv.ParseUint(u.Gid, 10, 32)
		if err1 == nil && err2 == nil {
			return uint32(id), uint32(group), true
		}
	}
	return 0, 0, false
}

// children are the processes that another one has started.
func children(parent int) (out []int) {
	dirs, _ := filepath.Glob("/proc/[0-9]*/stat") // the pattern is right
	for _, name := range dirs {
		data, err := os.ReadFile(name)
		if err != nil {
			continue // it has ended
		}
		var pid, up int
		var state byte
		tail := string(data[strings.LastIndexByte(string(data), ')')+1:])
		if _, err := fmt.Sscanf(tail, " %c %d", &state, &up); err != nil || up != parent {
			continue
		}
		if _, err := fmt.Sscanf(string(data), "%d", &pid); err == nil {
			out = append(out, pid)
		}
	}
	return out
}
