package profile_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"fettle/org/calendar"
	"fettle/rental/renewal/profile"
)

var (
	shanghai = time.FixedZone("UTC+8", 8*3600)
	now      = time.Date(2026, 3, 9, 4, 0, 0, 0, time.UTC)
	today    = calendar.Date{Year: 2026, Month: 3, Day: 9}
)

func TestFilesOfSources(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		source   profile.Source
		file     string
		rows     int
		facts    int
		refused  []int // lines
		readable bool
	}{
		"the ledger":              {profile.Leases, "lease_id,date,payments_due,payments_in_time\nL1,2026-03-01,1,1\nL2,2026-03-01,1,0\n", 2, 4, nil, true},
		"an empty cell":           {profile.Leases, "lease_id,date,payments_due,payments_in_time\nL1,2026-03-01,1,\n", 1, 1, nil, true},
		"without consent":         {profile.App, "lease_id,date,consent_date,gym_visits\nL1,2026-03-01,2026-01-01,4\nL2,2026-03-01,,4\nL3,2026-03-01,2026-04-01,4\n", 1, 1, []int{3, 4}, true},
		"no column for consent":   {profile.Devices, "lease_id,date,kwh\nL1,2026-03-01,80\n", 0, 0, nil, false},
		"a column nobody knows":   {profile.Community, "lease_id,date,consent_date,religion\nL1,2026-03-01,2026-01-01,1\n", 0, 0, nil, false},
		"a day that is none":      {profile.WorkOrders, "lease_id,date,repairs\nL1,2026-02-30,1\n,2026-02-01,1\n", 0, 0, []int{2, 3}, true},
		"a number that is none":   {profile.WorkOrders, "lease_id,date,repairs\nL1,2026-02-01,NaN\nL1,2026-02-02,-1\nL1,2026-02-03,x\n", 0, 0, []int{2, 3, 4}, true},
		"a file of a spreadsheet": {profile.WorkOrders, "\ufefflease_id,date,repairs\r\nL1,2026-02-01,1\r\n", 1, 1, nil, true},
		"nothing":                 {profile.WorkOrders, "", 0, 0, nil, false},
	} {
		rows, refused, err := profile.Of(c.source).Read(strings.NewReader(c.file))
		if (err == nil) != c.readable {
			t.Errorf("%s: %v", name, err)
			continue
		}
		facts, lines := 0, []int(nil)
		for _, r := range rows {
			facts += len(r.Facts)
		}
		for _, r := range refused {
			lines = append(lines, r.Line)
		}
		if len(rows) != c.rows || facts != c.facts || cmp.Diff(c.refused, lines) != "" {
			t.Errorf("%s: %d rows, %d facts, %+v", name, len(rows), facts, refused)
		}
	}
	if len(profile.Connectors()) != 5 {
		t.Error("there are five sources")
	}
}

func TestFactsOfADayAreReplacedAndForgotten(t *testing.T) {
	t.Parallel()
	f := profile.Facts{Lease: "L1", Source: profile.App}
	add := func(name string, ago int, value float64) {
		t.Helper()
		if err := f.Add([]profile.Fact{{Name: name, Day: today.Add(-ago), Value: value}}, today, now); err != nil {
			t.Fatal(err)
		}
	}
	add("gymVisits", 30, 9)
	add("gymVisits", 30, 7) // the same day again
	add("gymVisits", 0, 40)
	add("gymVisits", 364, 1)
	add("gymVisits", 365, 100) // kept, and not counted
	add("gymVisits", 401, 100) // not kept
	got := f.Signals(today)
	if len(got) != 1 || got[0].Value != 48 || got[0].Count != 3 || len(f.List) != 4 {
		t.Errorf("%+v", got)
	}
	rent := profile.Facts{Lease: "L1", Source: profile.Leases}
	if err := rent.Add([]profile.Fact{{Name: "rentCents", Day: today.Add(-60), Value: 1}, {Name: "rentCents", Day: today, Value: 2}}, today, now); err != nil {
		t.Fatal(err)
	}
	if got := rent.Signals(today); got[0].Value != 2 {
		t.Errorf("the latest rent is %v", got)
	}
	if err := f.Withdraw(now); err != nil || f.Signals(today) != nil {
		t.Error("facts without consent")
	}
	if err := f.Add([]profile.Fact{{Name: "gymVisits", Day: today, Value: 1}}, today, now); err == nil {
		t.Error("facts are taken after consent was withdrawn")
	}
	if err := rent.Withdraw(now); err == nil {
		t.Error("the contract needs its ledger")
	}
}

func reports(hours ...int) (out []profile.Report) { // local, a day apart, the last one today
	for i, h := range hours {
		day := today.Add(i - len(hours) + 1)
		out = append(out, profile.Report{ID: fmt.Sprint("wo_", i), At: day.At(calendar.Clock{Hour: h}, shanghai)})
	}
	return out
}

func TestTagsComeWithProofAndGo(t *testing.T) {
	t.Parallel()
	has := func(tag profile.Tag, held []profile.Held) *profile.Held {
		for i := range held {
			if held[i].Tag == tag {
				return &held[i]
			}
		}
		return nil
	}
	late := now.Add(20 * time.Hour)
	for name, c := range map[string]struct {
		reports []profile.Report
		at      time.Time
		night   bool
	}{
		"the third night report":  {reports(22, 23, 3), late, true},
		"two":                     {reports(22, 23), late, false},
		"one by day between":      {reports(22, 23, 12, 23), late, false},
		"by day before the three": {reports(12, 22, 0, 5), late, true},
		"six is day":              {reports(22, 23, 6), late, false},
		"before the third":        {reports(22, 23, 3), today.Add(-1).At(calendar.Clock{}, shanghai), false},
		"half a year later":       {reports(22, 23, 3), late.AddDate(0, 0, 180), false},
	} {
		h := has(profile.NightSensitive, profile.Judge(c.reports, nil, c.at, shanghai))
		if (h != nil) != c.night {
			t.Errorf("%s: %+v", name, h)
		}
		if h != nil && (len(h.Proof) != 3 || h.Quiet == nil || h.Quiet.From.Hour != 10) {
			t.Errorf("%s: %+v", name, h)
		}
	}
	broken := reports(12)
	broken[0].Late = true
	if h := has(profile.LateRepair, profile.Judge(broken, nil, late, shanghai)); h == nil || h.Proof[0] != "wo_0" {
		t.Errorf("%+v", h)
	}
	paid := []profile.Signal{{Name: "paymentsDue", Value: 12, Last: today}, {Name: "paymentsInTime", Value: 12, Last: today}}
	if has(profile.Punctual, profile.Judge(nil, paid, late, shanghai)) == nil {
		t.Error("twelve payments in time")
	}
	paid[1].Value = 11
	if has(profile.Punctual, profile.Judge(nil, paid, late, shanghai)) != nil {
		t.Error("one was late")
	}
	if has(profile.KitchenUser, profile.Judge(nil, []profile.Signal{{Name: "kitchenBookings", Value: 12, Last: today}}, late, shanghai)) == nil {
		t.Error("the kitchen is booked every month")
	}
}

func TestWhatIsMissingIsSaid(t *testing.T) {
	t.Parallel()
	got := profile.Missing([]profile.Signal{{Source: profile.Leases}}, map[profile.Source]bool{profile.Devices: true})
	if len(got) != 4 || got[profile.Devices] != "the source is switched off" || got[profile.Leases] != "" {
		t.Errorf("%v", got)
	}
}
