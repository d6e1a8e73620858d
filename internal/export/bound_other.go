//go:build !linux

package export

import "runtime/debug"

// Bound has the garbage of this process collected sooner as it comes near so many bytes: there is no limit here that ends it.
func Bound(bytes uint64) error {
	if bytes > 0 {
		debug.SetMemoryLimit(int64(bytes))
	}
	return nil
}
