package post_test

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/internal/clock"
	"fettle/internal/notify"
	"fettle/internal/post"
	"fettle/ledger"
	"fettle/storage/sqlite"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// nine in the evening of the org, when the quiet hours of the tests begin.
var at = time.Date(2026, 7, 6, 13, 0, 0, 0, time.UTC)

var zone = time.FixedZone("org", 8*3600)

// town is an office with its store, its clock and what has come out of it.
type town struct {
	t      *testing.T
	db     *sqlite.DB
	dir    string
	now    *clock.Fake
	config post.Config
	post   *post.Post
	office *post.Office
	orders int

	mu   sync.Mutex
	took []string // what the addresses of the test were sent: path, id and text
}

// newTown opens an office whose channels are made by a file, in which URL stands for an address of the test.
func newTown(t *testing.T, channels string) *town {
	t.Helper()
	x := &town{t: t, dir: t.TempDir(), now: clock.NewFake(at)}
	s := httptest.NewServer(http.HandlerFunc(x.take))
	t.Cleanup(s.Close)
	var err error
	if x.db, err = sqlite.Open(t.Context(), filepath.Join(x.dir, "data"), sqlite.Options{}); err != nil {
		t.Fatal(err)
	}
	x.config = post.Config{Store: x.db, Clock: x.now, Zone: zone, Log: slog.New(slog.DiscardHandler)}
	switch channels {
	case "":
	case "sink":
		x.config.Sink = s.URL + "/sink"
	default:
		x.config.Channels = filepath.Join(x.dir, "channels.json")
		for name, text := range map[string]string{"channels.json": strings.ReplaceAll(channels, "URL", s.URL), "key": "hush\n"} {
			if err := os.WriteFile(filepath.Join(x.dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	x.open()
	t.Cleanup(func() {
		x.close()
		if err := x.db.Close(); err != nil {
			t.Error(err)
		}
	})
	return x
}

// take is every address: one that begins with /lost takes the letter and hangs up.
func (x *town) take(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body) // what did not come whole has no id
	var m struct {
		ID    string `json:"message_id"`
		OutID string `json:"outId"`
		Kind  string `json:"kind"`
	}
	_ = json.Unmarshal(body, &m)
	x.mu.Lock()
	x.took = append(x.took, strings.TrimSpace(r.URL.Path+" "+m.ID+m.OutID+" "+m.Kind))
	x.mu.Unlock()
	if strings.HasPrefix(r.URL.Path, "/lost") {
		panic(http.ErrAbortHandler)
	}
	_, _ = io.WriteString(w, `{"code":"OK","bizId":"b1"}`)
}

func (x *town) open() {
	x.t.Helper()
	var err error
	if x.post, err = post.New(x.config); err != nil {
		x.t.Fatal(err)
	}
	if x.office, err = x.post.Open(x.t.Context(), "default", nil); err != nil {
		x.t.Fatal(err)
	}
	x.office.Start(x.t.Context())
}

func (x *town) close() {
	x.office.Close()
	x.post.Close()
}

// restart ends the office and opens another on the same rows.
func (x *town) restart() {
	x.t.Helper()
	x.close()
	x.open()
}

// happen commits what an event of a new order calls for, as the territory does.
func (x *town) happen(typ engine.EventType, urgency dispatch.Urgency) (work int) {
	x.t.Helper()
	x.orders++
	id := dispatch.WorkOrderID(fmt.Sprint("w", x.orders))
	o := &engine.Order{ID: id, Due: engine.DueTimes{Accept: at.Add(time.Hour)}}
	o.Urgency = urgency
	b := &engine.Batch{
		Orders: []*engine.Order{o},
		Events: []engine.Event{{Type: typ, State: engine.StateNew, Order: id, Sequence: int64(x.orders), Time: x.now.Now()}},
	}
	rows, err := x.office.Outbox("default", b)
	if err == nil {
		err = x.db.Commit(x.t.Context(), "default", &engine.Batch{DueSet: rows})
	}
	if err != nil {
		x.t.Fatal(err)
	}
	x.office.Woken(x.now.Now())
	return len(rows)
}

// know writes a recipient.
func (x *town) know(r *notify.Recipient) {
	x.t.Helper()
	r.Version = 1
	l, err := r.Encode()
	if err == nil {
		err = x.db.Apply(x.t.Context(), "default", &ledger.Change{Records: []ledger.Record{l}})
	}
	if err != nil {
		x.t.Fatal(err)
	}
}

// letters is what was taken so far.
func (x *town) letters() []string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return append([]string(nil), x.took...)
}

// state is that of a message with its reason, "" before it has any.
func (x *town) state(order int) string {
	l, err := x.db.Record(x.t.Context(), "default", notify.RecordKind, fmt.Sprintf("msg_default_%d", order))
	if err != nil {
		return ""
	}
	r, err := notify.DecodeRecord(l)
	if err != nil {
		x.t.Fatal(err)
	}
	return strings.TrimSpace(string(r.State) + " " + r.Reason)
}

// until lets seconds pass until it is so: sweepers wait by the clock of the test. They pass more slowly when that takes long, so that
// the clock does not run away from a busy machine.
func (x *town) until(what string, ok func() bool) {
	x.t.Helper()
	for n := range 2000 {
		if ok() {
			return
		}
		x.now.Advance(time.Second)
		<-time.After(time.Duration(5+n/25) * time.Millisecond) // sweepers work in goroutines of their own
	}
	x.t.Fatalf("never: %s; taken were %q", what, x.letters())
}

// swept waits until each way was swept twice since now: what is due by then was tried.
func (x *town) swept() {
	x.t.Helper()
	for range 2 {
		began := time.Time{}
		x.until("a first sweep", func() bool { _, began = x.office.Report(); return !began.IsZero() })
		x.until("a sweep", func() bool { _, c := x.office.Report(); return c.After(began) })
	}
}

func TestASinkHearsOfWhatPeopleAreOwed(t *testing.T) {
	t.Parallel()
	x := newTown(t, "sink")
	for _, c := range []struct {
		event engine.EventType
		rows  int
	}{{engine.OrderCreated, 1}, {engine.OrderRescheduled, 0}, {engine.OrderPinned, 0}} {
		if got := x.happen(c.event, ""); got != c.rows {
			t.Errorf("%s calls for %d messages, want %d", c.event, got, c.rows)
		}
	}
	x.until("the message", func() bool { return x.state(1) == "SENT" })
	x.restart() // and what is settled is not sent again
	x.happen(engine.OrderCreated, "")
	x.until("the second message", func() bool { return x.state(4) == "SENT" })
	got := x.letters()
	if len(got) != 2 || got[0] != "/sink msg_default_1 work_order.acknowledged" || got[1] != "/sink msg_default_4 work_order.acknowledged" {
		t.Errorf("the sink took %q", got)
	}
}

func TestWithoutAWayNothingIsOwed(t *testing.T) {
	t.Parallel()
	x := newTown(t, "")
	if n := x.happen(engine.OrderCreated, ""); n != 0 || x.post.Reaches() {
		t.Errorf("%d messages are owed and nobody carries them", n)
	}
	_, err := post.New(post.Config{Sink: "http://127.0.0.1:9/", Channels: "channels.json"})
	if err == nil || !strings.Contains(err.Error(), "--channels") {
		t.Errorf("a sink beside channels: %v", err)
	}
}

func TestQuietHoursWaitForTheMorning(t *testing.T) {
	t.Parallel()
	x := newTown(t, `{"channels": {"a": {"kind": "sink", "url": "URL/a"}}, "routes": {"TENANT": ["a"]}, "quietHours": {"a": {"from": "21:00", "to": "08:00"}}}`)
	x.happen(engine.OrderCreated, "")
	x.happen(engine.OrderCreated, dispatch.UrgencyEmergency)
	x.until("the emergency", func() bool { return x.state(2) == "SENT" })
	x.now.Jump(11*time.Hour - time.Minute - x.now.Now().Sub(at)) // 07:59
	x.swept()
	if got := x.letters(); len(got) != 1 || x.state(1) != "DUE" {
		t.Fatalf("before the morning %q were taken, and the other is %s", got, x.state(1))
	}
	x.until("the morning", func() bool { return x.state(1) == "SENT" })
	if early := x.now.Now().Before(at.Add(11 * time.Hour)); early || len(x.letters()) != 2 {
		t.Errorf("at %v %q were taken", x.now.Now(), x.letters())
	}
}

func TestEachConsentLetsOnePass(t *testing.T) {
	t.Parallel()
	x := newTown(t, `{"channels": {"a": {"kind": "file", "path": "consented", "needsAddress": true, "needsCredit": true}, "b": {"kind": "sink", "url": "URL/b"}},
		"routes": {"TENANT": ["a", "b"]}}`)
	for i := 1; i <= 3; i++ {
		credits := map[string]int64{}
		if i == 2 {
			credits[notify.CreditKey("a", "work_order.acknowledged")] = 1
		}
		x.know(&notify.Recipient{ID: fmt.Sprint("order.w", i), Addresses: map[string]string{"a": "1"}, Credits: credits})
	}
	for i := 1; i <= 3; i++ {
		x.happen(engine.OrderCreated, "")
	}
	x.until("all three", func() bool { return x.state(1) == "SENT" && x.state(2) == "SENT" && x.state(3) == "SENT" })
	by, err := os.ReadFile(filepath.Join(x.dir, "consented"))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Count(string(by), "\n") != 1 || !strings.Contains(string(by), "msg_default_2") || len(x.letters()) != 2 {
		t.Errorf("with one consent the first channel took %s and the second %q", by, x.letters())
	}
	l, err := x.db.Record(t.Context(), "default", notify.RecipientKind, "order.w2")
	if err != nil {
		t.Fatal(err)
	}
	if r, err := notify.DecodeRecipient(l); err != nil || r.Credits[notify.CreditKey("a", "work_order.acknowledged")] != 0 {
		t.Errorf("the consent is still there: %+v, %v", r, err)
	}
}

// A letter whose answer is lost is not sent again: by no sweep, by no restart, by no channel after it. One that can be told from
// its copy is.
func TestNobodyKnowsWhetherItArrived(t *testing.T) {
	t.Parallel()
	const of = `{"channels": {"a": {"kind": "sms", "url": "URL/lost", "signature": "F", "secretFile": "key", "idempotent": %t}, "b": {"kind": "sink", "url": "URL/b"}},
		"routes": {"TENANT": ["a", "b"]}}`
	for name, idempotent := range map[string]bool{"is left to a person": false, "is sent again under its id": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := newTown(t, fmt.Sprintf(of, idempotent))
			x.know(&notify.Recipient{ID: "order.w1", Addresses: map[string]string{"a": "+8613800001234"}})
			x.approve()
			x.happen(engine.OrderCreated, "")
			if idempotent {
				x.until("a second letter", func() bool { return len(x.letters()) >= 2 })
			} else {
				x.until("an outcome", func() bool { return strings.HasPrefix(x.state(1), "UNKNOWN") })
				x.restart()
				x.now.Advance(48 * time.Hour)
				x.swept()
				if got := x.letters(); len(got) != 1 || !strings.HasPrefix(x.state(1), "UNKNOWN") {
					t.Errorf("%q were sent, and the message is %s", got, x.state(1))
				}
			}
			for _, l := range x.letters() {
				if l != "/lost msg_default_1" {
					t.Errorf("sent: %q", l)
				}
			}
		})
	}
}

// approve writes a template that the provider of channel a knows, and opens the office anew.
func (x *town) approve() {
	x.t.Helper()
	body, err := json.Marshal(&notify.Template{
		ID: "work_order.acknowledged", Event: engine.OrderCreated, Kind: "work_order.acknowledged", To: notify.Tenant,
		Versions: []notify.TemplateVersion{{
			Number: 1, State: notify.Approved, Variables: []string{"order"}, Texts: map[string]notify.Text{"zh": {Text: "{order}"}, "en": {Text: "{order}"}},
			Channels: map[string]notify.Variant{"a": {ProviderIDs: map[string]string{"zh": "T7", "en": "T7"}}},
		}},
	})
	now := x.now.Now()
	l := ledger.Record{Kind: notify.TemplateKind, ID: "work_order.acknowledged", Version: 1, Created: now, Updated: now, Body: body}
	if err == nil {
		err = x.db.Apply(x.t.Context(), "default", &ledger.Change{Records: []ledger.Record{l}})
	}
	if err != nil {
		x.t.Fatal(err)
	}
	x.restart()
}
