package sift_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	dispatchv1 "fettle/api/gen/fettle/dispatch/v1"
	"fettle/internal/sift"
	"fettle/invalid"
)

var descriptor = (&dispatchv1.WorkOrder{}).ProtoReflect().Descriptor()

func leak() *dispatchv1.WorkOrder {
	return &dispatchv1.WorkOrder{
		Id: "wo_1", State: dispatchv1.WorkOrder_ASSIGNED, Urgency: dispatchv1.WorkOrder_EMERGENCY, Priority: 7, Description: "水管 Leaks under the sink",
		CreateTime: timestamppb.New(time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)), OnSiteDuration: durationpb.New(45 * time.Minute),
		RequiredSkills: []*dispatchv1.SkillLevel{{Skill: "plumbing", Level: 2}, {Skill: "gas", Level: 1}},
		Assignment:     &dispatchv1.Assignment{TechnicianId: "te_42"}, RequiredTools: []string{"pump"},
	}
}

func TestFilter(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"":                 true,
		"state = ASSIGNED": true,
		"state = NEW":      false,
		"state != NEW":     true,
		"state = NEW OR state = ASSIGNED AND urgency = EMERGENCY": true, // OR binds closer
		"urgency = NORMAL AND state = NEW OR state = ASSIGNED":    false,
		"(urgency = NORMAL AND state = NEW) OR state = ASSIGNED":  true,
		"NOT state = NEW":                               true,
		"-state = ASSIGNED":                             false,
		"state = ASSIGNED priority > 5":                 true,
		"priority >= 7 AND priority <= 7":               true,
		"priority < 7":                                  false,
		`createTime > "2026-03-01T07:59:59Z"`:           true,
		`createTime < "2026-03-01T16:00:00+08:00"`:      false,
		`onSiteDuration = "2700s"`:                      true,
		`onSiteDuration > "2700.5s"`:                    false,
		`requiredSkills.skill = "gas"`:                  true,
		`requiredSkills.skill : gas`:                    true,
		`requiredSkills.level > 2`:                      false,
		`requiredSkills.skill = "wood"`:                 false,
		`requiredSkills.skill != "wood"`:                true,
		`requiredTools : "pump"`:                        true,
		`assignment.technicianId = "te_*"`:              true,
		`assignment.technicianId = "*42"`:               true,
		`assignment.technician_id = te_42`:              true,
		"assignment : *":                                true,
		"unassigned : *":                                false,
		"unassigned.reason = NOBODY":                    false,
		"unassigned.reason != NOBODY":                   true,
		`description : "leaks UNDER"`:                   true,
		`description = "*水管*"`:                          true,
		`territory = ""`:                                true,
		"territory : *":                                 false,
		"priority : *":                                  true,
		`id = "wo_1" AND NOT (priority = 7 AND id : x)`: true,
	} {
		f, err := sift.Parse(text, descriptor)
		if err != nil {
			t.Errorf("%s: %v", text, err)
		} else if got := f.Matches(leak()); got != want {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
	}
}

func TestFilterFaultsSayWhere(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"state = ":                          "character 8",
		"state = NEW AND (priority > 3":     "character 30",
		"state = NEW )":                     "character 13",
		"state = OLD":                       "OLD (character 9): want = or != with one of NEW, ASSIGNED",
		"state > NEW":                       "NEW (character 9)",
		"stat = NEW":                        "stat (character 1): want a field of WorkOrder; there is no stat",
		"priority = high":                   "high (character 12): want a number",
		"state = NEW AND createTime > 2026": "2026 (character 30): want a time in quotes",
		"onSiteDuration > 45":               "45 (character 18): want a duration",
		"assignment = x":                    "want a part of assignment",
		"location.latitude.x = 3":           "a field without parts",
		"state":                             "state (character 1): want a comparison",
		"length(id) = 3":                    "character 1",
		`description = "a*b*"`:              "* at the ends",
		`description = "` + strings.Repeat("x", 2000) + `"`: "at most 2000 bytes",
	} {
		_, err := sift.Parse(text, descriptor)
		var wrong *invalid.Error
		if !errors.As(err, &wrong) || wrong.Field != "filter" || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40s: %v, want %s", text, err, want)
		}
	}
}

func TestEqual(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"state = NEW": {"NEW"},
		"priority > 3 AND (state = NEW OR state = PAUSED)":   {"NEW", "PAUSED"},
		"state = NEW OR priority > 3":                        nil,
		"NOT state = NEW":                                    nil,
		"state != NEW":                                       nil,
		"state = NEW OR urgency = NORMAL":                    nil,
		"(state = NEW AND priority > 1) OR state = ASSIGNED": nil,
		"urgency = NORMAL state = PAUSED":                    {"PAUSED"},
	} {
		f, err := sift.Parse(text, descriptor)
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := f.Equal("state"); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
	}
}

func TestOrder(t *testing.T) {
	t.Parallel()
	all := []*dispatchv1.WorkOrder{
		{Id: "a", Priority: 1, Urgency: dispatchv1.WorkOrder_NORMAL},
		{Id: "b", Priority: 3, CreateTime: timestamppb.New(time.Unix(9, 0))},
		{Id: "c", Priority: 3, CreateTime: timestamppb.New(time.Unix(7, 0)), Assignment: &dispatchv1.Assignment{TechnicianName: "Li"}},
	}
	for text, want := range map[string]string{
		"": "abc", "priority desc": "bca", "priority desc, createTime": "cba", "createTime": "acb", "createTime desc": "bca",
		"assignment.technicianName desc": "cab", "urgency desc, id desc": "acb",
	} {
		o, err := sift.ParseOrder(text, descriptor)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		sorted := slices.Clone(all)
		slices.SortStableFunc(sorted, func(x, y *dispatchv1.WorkOrder) int { return o.Compare(x, y) })
		got := ""
		for _, m := range sorted {
			got += m.GetId()
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", text, diff)
		}
	}
	for _, text := range []string{"nothing", "priority up", "priority desc asc", "requiredSkills", "assignment", "a,", "id.x"} {
		_, err := sift.ParseOrder(text, descriptor)
		var wrong *invalid.Error
		if !errors.As(err, &wrong) || wrong.Field != "orderBy" {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// FuzzFilter wants every text to be read or refused, quickly and without a panic.
func FuzzFilter(f *testing.F) {
	for _, text := range []string{"state = NEW", "((((a=1", "a.b.c:*", `x = "`, "NOT NOT -a", "f(f(f(", "a=1 OR b<2 AND (c)"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if p, err := sift.Parse(text, descriptor); err == nil {
			p.Matches(leak())
		}
	})
}
