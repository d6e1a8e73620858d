package problem_test

import (
	"fmt"
	"os"

	"fettle/dispatch"
	"fettle/dispatch/problem"
)

func Example() {
	day := []byte(`{
  "technicians": [{"id": "ann", "home": {"latitude": 30.21, "longitude": 120.21}, "shifts": [{"start": 28800, "end": 61200}]}],
  "visits": [{"id": "V1", "place": {"latitude": 30.22, "longitude": 120.21}, "onSite": "45m"}]
}`)
	d, err := problem.Read("day.json", day, problem.Auto)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s: %d technician, %d visit of %d s\n", d.Format, len(d.Problem.Technicians), len(d.Problem.Visits), d.Problem.Visits[0].OnSite)

	_, err = problem.Read("customers.txt", []byte("DEMO\nVEHICLE\nNUMBER CAPACITY\n 2 ten\n"), problem.Auto)
	fmt.Println(err)

	solomon, err := problem.Read("tiny-solomon.txt", mustReadFile("testdata/tiny-solomon.txt"), problem.Auto)
	if err != nil {
		fmt.Println(err)
		return
	}
	plan := &dispatch.Plan{Routes: []dispatch.Route{{Stops: []dispatch.Stop{{Kind: dispatch.StopVisit, Visit: 2}}}}}
	if err := solomon.WritePlan(os.Stdout, plan); err != nil {
		fmt.Println(err)
	}
	// Output:
	// fettle: 1 technician, 1 visit of 2700 s
	// customers.txt:4: capacity: is "ten", want a whole number between 0 and 1073741823
	// Route #1: 3
	// Cost 20.0
}

func mustReadFile(name string) []byte {
	data, err := os.ReadFile(name)
	if err != nil {
		panic(err)
	}
	return data
}
