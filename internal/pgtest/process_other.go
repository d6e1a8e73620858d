//go:build !linux

package pgtest

import "syscall"

// unprivileged are the rights of the cluster's processes: those of this one.
func unprivileged() *syscall.SysProcAttr { return nil }

// own gives a folder to the cluster's user.
func own(string) error { return nil }

// children are not known here.
func children(int) []int { return nil }
