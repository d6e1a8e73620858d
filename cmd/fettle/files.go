package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// read gives the content of a file, or of the standard input for "-", and the name for messages.
func (s *session) read(path string) (name string, data []byte, err error) {
	if path == "-" {
		data, err = io.ReadAll(s.stdin)
		return "-", data, err
	}
	data, err = os.ReadFile(path)
	return path, data, err
}

// writeOut writes to the standard output, or, with a path, to that file: whole or not at all.
func (s *session) writeOut(path string, write func(io.Writer) error) error {
	if path != "" && path != "-" {
		return replaceFile(path, write)
	}
	w := bufio.NewWriterSize(s.stdout, 1<<16)
	if err := write(w); err != nil {
		return err
	}
	return w.Flush()
}

// replaceFile writes beside a file and renames, so that whoever reads the file finds the old content or the new one, never a
// part. What is no regular file (a pipe, a device) is written to directly.
func replaceFile(path string, write func(io.Writer) error) error {
	f, err := openBeside(path)
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(f, 1<<16)
	err = errors.Join(write(w), w.Flush(), f.Close())
	if f.Name() == path {
		return err
	}
	if err == nil {
		err = os.Rename(f.Name(), target(path))
	}
	if err != nil {
		return errors.Join(fmt.Errorf("write %s: %w", path, err), os.Remove(f.Name()))
	}
	return nil
}

// target is the file that a path leads to in the end: a link stays a link.
func target(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	return path
}

// openBeside opens a new file in the folder of a path, or the path itself when that is no regular file.
func openBeside(path string) (*os.File, error) {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return os.OpenFile(path, os.O_WRONLY, 0)
	}
	dir, base := filepath.Split(target(path))
	return os.OpenFile(fmt.Sprintf("%s.%s.%d.tmp", dir, base, os.Getpid()), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o666)
}

// canWrite tells before the work, not after it, that a file cannot be written.
func canWrite(flag, path string) error {
	if path == "" || path == "-" {
		return nil
	}
	f, err := openBeside(path)
	if err != nil {
		return fmt.Errorf("%s %s: %w", flag, path, err)
	}
	err = f.Close()
	if f.Name() != path {
		err = errors.Join(err, os.Remove(f.Name()))
	}
	return err
}
