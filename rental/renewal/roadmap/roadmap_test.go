package roadmap_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"fettle/org/calendar"
	"fettle/rental/renewal/roadmap"
)

func day(text string) calendar.Date {
	d, err := calendar.ParseDate(text)
	if err != nil {
		panic(err)
	}
	return d
}

func TestTheRoad(t *testing.T) {
	t.Parallel()
	var got []string
	for _, s := range roadmap.Steps(day("2025-08-31")) {
		got = append(got, string(s.Milestone)+" "+s.Day.String())
	}
	want := []string{"FREE_CLEANING 2026-02-28", "PRIORITY_CHOICE 2026-08-31", "PARTNER_DIVIDEND 2027-08-31"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestAnEntitlementIsUsedOnce(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 9, 1, 0, 0, 0, time.UTC)
	today := day("2026-03-09")
	step := roadmap.Steps(day("2025-09-01"))[0]
	e := roadmap.Grant("ls_1", "ls_1", "un_1", step)
	if err := e.Schedule("en_1", now.Add(-time.Hour), now.Add(3*time.Hour), now, today); err == nil {
		t.Error("a visit in the past")
	}
	if err := e.Schedule("en_1", now, now.Add(time.Hour), now, today); err == nil {
		t.Error("an hour is too short")
	}
	if err := e.Schedule("en_1", now, now.Add(3*time.Hour), now, today); err != nil || e.Order != "wo_1" {
		t.Errorf("%v %+v", err, e)
	}
	if err := e.Schedule("en_1", now, now.Add(3*time.Hour), now, today); err == nil {
		t.Error("scheduled twice")
	}
	if err := e.Redeem("en_1", "cleaned", now, today); err != nil || e.State != roadmap.Redeemed {
		t.Errorf("%v %+v", err, e)
	}
	if err := e.Redeem("en_1", "again", now, today); err == nil {
		t.Error("redeemed twice")
	}
	late := roadmap.Grant("ls_1", "ls_1", "un_1", step)
	if late.On(day("2027-02-28")) != roadmap.Granted || late.On(day("2027-03-01")) != roadmap.Expired || late.Redeem("en_2", "x", now, day("2027-03-01")) == nil {
		t.Error("it lasts twelve months")
	}
	choice := roadmap.Grant("ls_1", "ls_1", "un_1", roadmap.Steps(day("2025-03-01"))[1])
	if err := choice.Schedule("en_3", now, now.Add(3*time.Hour), now, today); err == nil {
		t.Error("a choice is no visit")
	}
}
