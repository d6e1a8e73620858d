package problem

import (
	"encoding/json"
	"os"
	"reflect"
	"regexp"
	"slices"
	"testing"

	"fettle/dispatch"
)

// TestSchemaNamesTheFieldsOfTheReader holds docs/formats/fettle.schema.json and the reader's types to each other.
func TestSchemaNamesTheFieldsOfTheReader(t *testing.T) {
	t.Parallel()
	type object struct {
		Properties           map[string]json.RawMessage `json:"properties"`
		AdditionalProperties any                        `json:"additionalProperties"`
	}
	var schema struct {
		object
		Defs map[string]object `json:"$defs"`
	}
	data, err := os.ReadFile("../../docs/formats/fettle.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &schema); err != nil {
		t.Fatal(err)
	}
	schema.Defs[""] = schema.object
	for name, typ := range map[string]reflect.Type{
		"": reflect.TypeFor[fettleFile](), "travel": reflect.TypeFor[fettleTravel](), "straightLine": reflect.TypeFor[fettleStraightLine](),
		"place": reflect.TypeFor[fettlePlace](), "technician": reflect.TypeFor[fettleTechnician](), "skill": reflect.TypeFor[fettleSkill](),
		"shift": reflect.TypeFor[fettleShift](), "break": reflect.TypeFor[fettleBreak](), "depot": reflect.TypeFor[fettleDepot](),
		"rates": reflect.TypeFor[fettleRates](), "window": reflect.TypeFor[fettleWindow](), "visit": reflect.TypeFor[fettleVisit](),
		"pin": reflect.TypeFor[fettlePin](), "pair": reflect.TypeFor[fettlePair](), "link": reflect.TypeFor[fettleLink](), "policy": reflect.TypeFor[fettlePolicy](),
		"unserved": reflect.TypeFor[fettleUnserved](), "tier": reflect.TypeFor[fettleTier](), "step": reflect.TypeFor[fettleStep](),
		"promise": reflect.TypeFor[fettlePromise](), "building": reflect.TypeFor[fettleBuilding](), "stability": reflect.TypeFor[fettleStability](),
		"relaxPins": reflect.TypeFor[fettleRelax](),
		"term":      reflect.TypeFor[fettleTerm](), "eligibility": reflect.TypeFor[fettleEligibility](),
	} {
		def := schema.Defs[name]
		if def.AdditionalProperties != false {
			t.Errorf("%q allows unknown fields", name)
		}
		var want []string
		for _, f := range jsonFields(typ) {
			want = append(want, f.name)
		}
		slices.Sort(want)
		if got := sortedKeys(def.Properties); !slices.Equal(got, want) {
			t.Errorf("%q has %v, the reader has %v", name, got, want)
		}
	}
}

// TestDocumentedExampleIsRead reads the example of docs/formats/fettle.md.
func TestDocumentedExampleIsRead(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/formats/fettle.md")
	if err != nil {
		t.Fatal(err)
	}
	example := regexp.MustCompile("(?s)```json\n(.*?)```").FindSubmatch(text)
	if example == nil {
		t.Fatal("no example")
	}
	if _, err := Read("fettle.md", example[1], Auto); err != nil {
		t.Error(err)
	}
}

// TestFieldDay holds the demonstration day to what its README says.
func TestFieldDay(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("../../testdata/demo/field-day.json")
	if err != nil {
		t.Fatal(err)
	}
	d, err := Read("field-day.json", data, Auto)
	if err != nil {
		t.Fatal(err)
	}
	p := d.Problem
	held := map[dispatch.Skill]bool{}
	for i := range p.Technicians {
		for _, s := range p.Technicians[i].Skills {
			held[s.Skill] = true
		}
		if len(p.Technicians[i].Shifts[0].Breaks) != 1 {
			t.Errorf("%s has no lunch", p.Technicians[i].ID)
		}
	}
	buildings, emergencies := map[string]int{}, 0
	var impossible []dispatch.VisitID
	for i := range p.Visits {
		v := &p.Visits[i]
		buildings[v.Building]++
		if v.Urgency == dispatch.UrgencyEmergency && v.Due != dispatch.NoTick {
			emergencies++
		}
		if !held[v.Skills[0].Skill] {
			impossible = append(impossible, v.ID)
		}
	}
	if len(p.Technicians) != 10 || len(p.Visits) != 62 || len(buildings) != 24 || emergencies != 4 || !slices.Equal(impossible, []dispatch.VisitID{"V27"}) {
		t.Errorf("%d technicians, %d visits in %d buildings, %d emergencies, impossible %v", len(p.Technicians), len(p.Visits), len(buildings), emergencies, impossible)
	}
}
