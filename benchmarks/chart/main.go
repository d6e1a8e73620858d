// Command chart draws how good plans are after how much time, ours and the peers', one panel a family, as one SVG.
//
//	go run ./benchmarks/chart -out docs/images/gaps.svg benchmarks/results/plans*.jsonl
//
// Our figures are the rows that fettle bench prints; where several files have a family at the same budget, the one that says
// "measured" last in its first line counts, then the one that is named last. The peers' are in benchmarks/results/peers.json.
package main

import (
	"cmp"
	"flag"
	"fmt"
	"os"
)

func main() {
	peers := flag.String("peers", "benchmarks/results/peers.json", "figures of the peers")
	out := flag.String("out", "docs/images/gaps.svg", "the picture")
	flag.Parse()
	if err := run(*peers, *out, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "chart:", err)
		os.Exit(1)
	}
}

func run(peers, out string, files []string) error {
	if len(files) == 0 {
		return fmt.Errorf("name the files with rows of fettle bench: %s", "benchmarks/results/plans*.jsonl")
	}
	ours, err := readRows(files)
	if err != nil {
		return err
	}
	theirs, err := readPeers(peers)
	if err != nil {
		return err
	}
	picture := draw(panels(), merge(ours, theirs.series()), cmp.Or(theirs.Measured, "unknown"))
	return os.WriteFile(out, picture, 0o644) //nolint:gosec // a picture for everybody
}
