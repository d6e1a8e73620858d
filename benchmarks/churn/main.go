// Command churn measures the renewal model on a public set of customers who left or stayed: IBM's Telco customer churn, as a
// stand-in for leases. Contract, tenure and monthly charge stand for term, time in the dwelling and rent.
//
// It reads telco_customer_churn.csv in the folder of -dir, cuts it into five parts as rental/renewal/risk does, and prints one
// JSON object. Results that are kept are in benchmarks/results.
package main

import (
	"flag"
	"fmt"
	"os"
)

func main() {
	dir := flag.String("dir", "", "folder with telco_customer_churn.csv")
	seed := flag.Uint64("seed", 42, "of the cut into five parts")
	flag.Parse()
	if err := run(*dir, *seed); err != nil {
		fmt.Fprintln(os.Stderr, "churn:", err)
		os.Exit(1)
	}
}
