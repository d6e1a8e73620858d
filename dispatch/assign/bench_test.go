package assign_test

import (
	"context"
	"strconv"
	"testing"

	"fettle/benchmarks/assignment/instance"
	"fettle/dispatch/assign"
)

func BenchmarkSparse1000(b *testing.B)  { benchmarkSparse(b, 1000) }
func BenchmarkSparse5000(b *testing.B)  { benchmarkSparse(b, 5000) }
func BenchmarkSparse20000(b *testing.B) { benchmarkSparse(b, 20000) }

// benchmarkSparse runs the families of 20 candidates a row.
func benchmarkSparse(b *testing.B, n int) {
	for _, f := range families[:len(families)-1] {
		b.Run(f.name, func(b *testing.B) { run(b, f.problem(b, n, 1)) })
	}
}

func BenchmarkDense1000(b *testing.B) {
	for _, top := range []int64{100, 1000000} {
		b.Run("costs to "+strconv.FormatInt(top, 10), func(b *testing.B) {
			p, err := assign.NewDense(1000, 1000, instance.Dense(instance.Source(1), 1000, 1000, top), nil)
			if err != nil {
				b.Fatal(err)
			}
			run(b, p)
		})
	}
}

func run(b *testing.B, p *assign.Problem) {
	b.ReportAllocs()
	for b.Loop() {
		r, err := assign.Solve(context.Background(), p, assign.Options{})
		if err != nil || r.Gap() != 0 {
			b.Fatalf("gap %d, error %v", r.Gap(), err)
		}
	}
}
