package app_test

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"fettle/internal/app"
	"fettle/internal/clock"
)

// told counts messages of a template.
func (l *letters) told(template string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := 0
	for _, m := range l.all {
		if strings.Contains(m, template) && strings.Contains(m, "https://rent.example.org/r/fl_") {
			n++
		}
	}
	return n
}

// Every tenant of a running lease is told of a survey when it opens, once, and of the next when its quarter begins; without a way to
// people a survey that is to be announced is refused.
func TestSurveysAreAnnouncedOnce(t *testing.T) {
	t.Parallel()
	now := clock.NewFake(time.Date(2026, 3, 30, 2, 0, 0, 0, time.UTC))
	mute := start(t, app.Config{Data: t.TempDir(), Clock: now})
	defer stop(t, mute)
	const survey = `{"displayName":"How is it","quarter":"2026-Q1","repeat":true,"announce":true}`
	if code, e := call(t, mute, "POST", "/v1/surveys", survey); code != 422 {
		t.Errorf("nobody can be told: %d %v", code, e)
	}
	sink := &letters{}
	post := httptest.NewServer(sink)
	defer post.Close()
	a := start(t, app.Config{Data: t.TempDir(), Clock: now, PublicURL: "https://rent.example.org", Notify: post.URL})
	defer stop(t, a)
	homes(t, a, 3)
	id := made(t, a, "/v1/surveys", survey)
	told := func(n int) {
		t.Helper()
		eventually(t, func() bool {
			now.Advance(time.Second) // whoever waits for a time looks again
			return sink.told("lease.survey") == n
		})
	}
	told(3)
	if _, v := call(t, a, "GET", "/v1/surveys/"+id, ""); v["announced"] != float64(3) {
		t.Errorf("%v", v)
	}
	now.Advance(3 * 24 * time.Hour) // the second quarter
	told(6)
}
