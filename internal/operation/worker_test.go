package operation_test

import (
	"context"
	"os/exec"
	"path/filepath"
	"testing"

	"google.golang.org/grpc"

	"fettle/internal/adapter/spreadsheet"
	"fettle/internal/operation"
	"fettle/rental/sheet"
)

// TestWorkers lets the process that packs an XLSX end in different ways: what is for want of memory is named, counted, tried three
// times and then given up; what is not is none of that.
func TestWorkers(t *testing.T) {
	t.Parallel()
	shell, err := exec.LookPath("sh")
	if err != nil {
		t.Fatalf("the worker of this test is a shell: %v", err)
	}
	e := operation.Export{
		Name: "exportThings", Columns: []spreadsheet.Column{{Name: "name"}},
		Page: func(context.Context, grpc.ClientConnInterface, []byte, string) ([]sheet.Row, string, error) {
			return []sheet.Row{{"name": "x"}}, "", nil
		},
	}
	once := filepath.Join(t.TempDir(), "was here")
	for _, c := range []struct {
		name, script string
		state        operation.State
		problem      string
		failed, oom  int
	}{
		{"it packs", "cat", operation.Succeeded, "", 0, 0},
		{"the kernel kills it", "kill -9 $$", operation.Failed, "OUT_OF_MEMORY: the process of the export ran out of memory (limit 1 MiB), 3 times: ask for CSV, which takes none", 2, 3},
		{
			"its runtime gives up", "echo 'fatal error: runtime: cannot allocate memory' >&2; exit 2", operation.Failed,
			"OUT_OF_MEMORY: the process of the export ran out of memory (limit 1 MiB), 3 times: ask for CSV, which takes none", 2, 3,
		},
		{"it is killed once", "test -e '" + once + "' && exec cat; touch '" + once + "'; kill -9 $$", operation.Succeeded, "", 1, 1},
		{"it does not know what to do", "echo no >&2; exit 1", operation.Failed, "the service could not go on; what was done so far stays", 10, 0},
		{"it is told to end", "kill -15 $$", operation.Failed, "the service could not go on; what was done so far stays", 10, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := newHouseBy(t, operation.Worker{Command: []string{shell, "-c", c.script}, Limit: "1 MiB"}, e.Type(func([]byte) bool { return true }))
			id := h.begin("exportThings", nil, false)
			failed := h.turns()
			op := h.get(id)
			if op.State != c.state || op.Problem != c.problem || failed != c.failed {
				t.Errorf("it ended as %s after %d failures: %q; want %s after %d: %q", op.State, failed, op.Problem, c.state, c.failed, c.problem)
			}
			if lately, ever := h.r.OutOfMemory(); lately != c.oom || ever != int64(c.oom) {
				t.Errorf("%d ran out of memory lately, %d ever, want %d", lately, ever, c.oom)
			}
		})
	}
}
