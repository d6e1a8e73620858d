package outside

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestRemindersSurviveKills ends the service by kill -9 while the reminders of leases leave by the sink: each leaves, under one id,
// and none but those that were on their way leaves again (R-D2).
func TestRemindersSurviveKills(t *testing.T) {
	k := newSink(t)
	remindersSurviveKills(t, k, "--notify-url", k.URL)
}

// TestRemindersSurviveKillsByChannels is the same by channels with rules, where each message is planned before it is carried.
func TestRemindersSurviveKillsByChannels(t *testing.T) {
	k := newSink(t)
	file := filepath.Join(t.TempDir(), "channels.json")
	channels := fmt.Sprintf(`{"channels": {"sms": {"kind": "sink", "url": %q, "parallel": 16}}, "routes": {"TENANT": ["sms"], "SUPERVISOR": ["sms"]},
		"quietHours": {"sms": {"from": "00:00", "to": "00:00"}}, "caps": {"TENANT": {"messages": 1, "per": "24h"}}}`, k.URL)
	if err := os.WriteFile(file, []byte(channels), 0o600); err != nil {
		t.Fatal(err)
	}
	remindersSurviveKills(t, k, "--channels", file)
}

func remindersSurviveKills(t *testing.T, k *sink, flags ...string) {
	t.Helper()
	const inFlight, kind = 16, "lease.intent_survey"
	dir, kills, perKill := t.TempDir(), count(4, 200, "FETTLE_TORTURE_CYCLES"), 50
	rng := rand.New(rand.NewPCG(seed(t), 95))
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	today := time.Now().In(zone)
	body := fmt.Sprintf(`{"tenantId":"te_1","unitId":"un_1","startDate":%q,"endDate":%q}`,
		today.AddDate(-1, 0, 0).Format(time.DateOnly), today.AddDate(0, 0, 50).Format(time.DateOnly))
	s := start(t, dir, flags...)
	var leases []string
	for c := range kills {
		for i := range perKill {
			a := s.send(request{method: http.MethodPost, path: "/v1/leases?signed=true", key: fmt.Sprintf("l-%d-%d", c, i), body: []byte(body)})
			var l struct {
				ID string `json:"id"`
			}
			if a.err != nil || a.status != http.StatusCreated || json.Unmarshal(a.body, &l) != nil {
				t.Fatalf("lease %d: %v", i, a)
			}
			leases = append(leases, l.ID)
		}
		time.Sleep(time.Duration(rng.IntN(200)) * time.Millisecond) // the moment of the fault: nothing waits for it
		s.kill()
		s = start(t, dir, flags...)
	}
	deadline := time.Now().Add(2 * time.Minute)
	for len(k.missing(kind, leases)) > 0 && time.Now().Before(deadline) {
		time.Sleep(50 * time.Millisecond) // they come by themselves
	}
	if missing := k.missing(kind, leases); len(missing) > 0 {
		t.Errorf("%d of %d tenants were not reminded, such as of %s", len(missing), len(leases), missing[0])
	}
	eventually(t, time.Minute, "the obligations know that their messages were sent", func() bool {
		var c struct {
			Missing int `json:"missingCount"`
			InTime  int `json:"inTimeCount"`
			Late    int `json:"lateCount"`
		}
		a := s.send(request{method: http.MethodGet, path: "/v1/obligations:reconcile?from=" + today.AddDate(0, 0, -2).Format(time.DateOnly) +
			"&to=" + today.AddDate(0, 0, 2).Format(time.DateOnly)})
		return a.err == nil && json.Unmarshal(a.body, &c) == nil && c.Missing == 0 && c.InTime+c.Late == len(leases)
	})
	again := k.judge(t, kills)
	if again > kills*inFlight {
		t.Errorf("%d messages were sent again after %d kills, want at most %d a kill", again, kills, inFlight)
	}
	t.Logf("%d kills, %d tenants reminded, %d sent again under their ids", kills, len(leases), again)
}
