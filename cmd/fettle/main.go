// Command fettle plans, matches, checks and measures files of work for technicians. Each file command is one file of this
// package: flags, then one call of the library, then output. What the flags and exit statuses mean is in the help texts
// and in exit.go; everything else is in the packages under dispatch.
package main

import (
	"os"
	"time"
)

func main() {
	start := time.Now() // first of all: a time limit counts from here
	s := &session{start: start, stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr}
	os.Exit(s.run(os.Args[1:]))
}
