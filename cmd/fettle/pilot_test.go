package main

import (
	"encoding/json"
	"strings"
	"testing"

	"fettle/simulate/pilot"
)

func TestPilot(t *testing.T) {
	t.Parallel()
	plan := write(t, "plan.json", `{"design": {"kind": "buildings", "units": 6, "treated": 2, "oneSided": true}, "effect": -25,
		"history": [[212, 230, 198, 221], [188, 175, 203, 190], [240, 251, 233, 262], [201, 196, 218, 207]]}`)
	r := fettle(t, "pilot", "plan", plan).wantStatus(t, exitNo)
	var f pilot.Forecast
	if err := json.Unmarshal([]byte(r.stdout), &f); err != nil || f.CanShow || !strings.HasPrefix(f.Verdict, "This design cannot show it:") {
		t.Errorf("forecast %+v, %v", f, err)
	}
	draw := write(t, "draw.json", `{"design": {"kind": "buildings", "units": 3, "treated": 1}, "units": ["a", "b", "c"]}`)
	a, b := fettle(t, "pilot", "draw", draw, "--seed", "4").wantStatus(t, exitDone), fettle(t, "pilot", "draw", draw, "--seed", "4")
	if a.stdout != b.stdout || strings.Count(a.stdout, `"treated": true`) != 1 {
		t.Errorf("drawn %s, then %s", a.stdout, b.stdout)
	}
	figures := `"design": {"kind": "blocks", "units": 12}, "figures": [`
	for i := range 12 {
		if i > 0 {
			figures += ","
		}
		figures += `{"unit": "d", "treated": ` + map[bool]string{true: "true, \"after\": 60}", false: "false, \"after\": 100}"}[i%2 == 0]
	}
	figures += "]"
	judged := fettle(t, "pilot", "judge", write(t, "judge.json", "{"+figures+"}")).wantStatus(t, exitDone)
	if !strings.Contains(judged.stdout, `"suggested": "adopt"`) {
		t.Errorf("finding %s", judged.stdout)
	}
	record := func(decision string) string {
		return write(t, decision+".json", "{"+figures+`, "record": {"pilot": "p", "policy": "n@2", "against": "n@1", "decision": "`+decision+`"}}`)
	}
	if done := fettle(t, "pilot", "decide", record("adopt")).wantStatus(t, exitDone); !strings.Contains(done.stdout, `"snapshot": "`) {
		t.Errorf("record %s", done.stdout)
	}
	if refused := fettle(t, "pilot", "decide", record("reject")).wantStatus(t, exitUsage); !strings.Contains(refused.stderr, "record.reason: want why") {
		t.Errorf("stderr %q", refused.stderr)
	}
	spoiled := write(t, "spoiled.json", `{"design": {"kind": "people"}}`)
	if bad := fettle(t, "pilot", "judge", spoiled).wantStatus(t, exitUsage); !strings.Contains(bad.stderr, "design.kind is people: want buildings or blocks") {
		t.Errorf("stderr %q", bad.stderr)
	}
}
