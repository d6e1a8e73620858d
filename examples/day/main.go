// Command day plans a day from a file and prints who goes where and when: the library in ten lines. README.md shows
// it. Run it in this folder, where day.json is.
package main

import (
	"context"
	"fmt"
	"log"
	"os"

	"fettle/dispatch/plan"
	"fettle/dispatch/problem"
	"fettle/dispatch/route"
)

func main() {
	data := must(os.ReadFile("day.json"))
	day := must(problem.Read("day.json", data, problem.Auto))
	best := must(plan.Solve(context.Background(), day.Problem, plan.Options{Route: route.Options{Iterations: 10_000, Threads: 1}}))
	for _, r := range best.Plan.Routes {
		fmt.Println(day.Problem.Technicians[r.Technician].Name)
		for _, s := range r.Stops {
			fmt.Println(day.Problem.At(s.Start).Format("  15:04"), day.Problem.Visits[s.Visit].ID)
		}
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return v
}
