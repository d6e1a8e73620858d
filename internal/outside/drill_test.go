package outside

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os/exec"
	"testing"
)

// TestDrill re-creates the five failures of the incident: all are caught, and with a defence switched off exactly its drill fails (N20).
func TestDrill(t *testing.T) {
	for _, without := range []string{"", "own-process", "schema-check", "wall-clock", "watchdog", "lease-rules"} {
		t.Run("without "+without, func(t *testing.T) {
			t.Parallel()
			args := []string{"drill", "--output", "json"}
			if without != "" {
				args = append(args, "--without", without)
			}
			cmd := exec.CommandContext(context.Background(), binary, args...)
			var out, said bytes.Buffer
			cmd.Stdout, cmd.Stderr = &out, &said
			err := cmd.Run()
			var exit *exec.ExitError
			if without == "" && err != nil || without != "" && (!errors.As(err, &exit) || exit.ExitCode() != 1) {
				t.Errorf("ended with %v: %s", err, said.String())
			}
			var found struct {
				Drills []struct {
					Name, Defence, Detail string
					Caught                bool
				}
			}
			if err := json.Unmarshal(out.Bytes(), &found); err != nil || len(found.Drills) != 5 {
				t.Fatalf("%v: %s", err, out.String())
			}
			for _, d := range found.Drills {
				if d.Caught == (d.Defence == without) {
					t.Errorf("%s: caught %v: %s", d.Name, d.Caught, d.Detail)
				}
			}
		})
	}
}
