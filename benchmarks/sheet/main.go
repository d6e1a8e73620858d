// Command sheet measures spreadsheets of leases on a service that it starts: how long so many leases take to be imported, how long a
// sheet takes to go out and to come back as it was, and how much memory an export of all of them takes in its own process.
//
//	go run ./benchmarks/sheet -binary bin/fettle -leases 100000 -rows 10000
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
)

func main() {
	binary := flag.String("binary", "bin/fettle", "the program")
	leases := flag.Int("leases", 100_000, "how many leases there are")
	rows := flag.Int("rows", 10_000, "how many rows go out and come back")
	flag.Parse()
	if err := run(context.Background(), *binary, *leases, *rows); err != nil {
		fmt.Fprintln(os.Stderr, "sheet:", err)
		os.Exit(1)
	}
}
