package storagetest

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/ledger"
	"fettle/ledger/chain"
	"fettle/org"
)

// Keys seal for tests, by the means of the standard library. The zero value has one key.
type Keys struct {
	mu  sync.RWMutex
	old int // keys that were before the newest
}

// Rotate makes a new key.
func (k *Keys) Rotate() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.old++
}

func (k *Keys) newest() int {
	k.mu.RLock()
	defer k.mu.RUnlock()
	return k.old
}

func gcm(key int) cipher.AEAD {
	block, err := aes.NewCipher(bytes.Repeat([]byte{byte(key)}, 32))
	if err != nil {
		panic(err) //nolint:forbidigo // 32 bytes are a key
	}
	a, err := cipher.NewGCM(block)
	if err != nil {
		panic(err) //nolint:forbidigo // AES has blocks of 16 bytes
	}
	return a
}

// headBytes are 1 and the number of the key, as Tink writes them.
const headBytes = 5

// Seal encrypts a value for its place.
func (k *Keys) Seal(o org.ID, cell [3]string, plain []byte) ([]byte, error) {
	if len(plain) == 0 {
		return plain, nil
	}
	key, nonce := k.newest(), make([]byte, 12)
	_, _ = rand.Read(nonce)
	out := append([]byte{1, 0, 0, 0, byte(key)}, nonce...)
	return gcm(key).Seal(out, nonce, plain, fmt.Append(nil, o, cell)), nil
}

var errPlace = errors.New("value does not open here")

// Open decrypts what Seal has made.
func (k *Keys) Open(o org.ID, cell [3]string, sealed []byte) ([]byte, error) {
	if len(sealed) < headBytes+12 || int(sealed[4]) > k.newest() {
		return nil, errPlace
	}
	plain, err := gcm(int(sealed[4])).Open(nil, sealed[headBytes:headBytes+12], sealed[headBytes+12:], fmt.Append(nil, o, cell))
	if err != nil {
		return nil, fmt.Errorf("%v of %s: %w", cell, o, errPlace)
	}
	return plain, nil
}

// Key is the number of the key of a value, and whether it is the newest.
func (k *Keys) Key(_ org.ID, sealed []byte) (id string, newest bool) {
	if len(sealed) < headBytes {
		return "", false
	}
	return fmt.Sprintf("%08x", sealed[4]), int(sealed[4]) == k.newest()
}

// Sealed is a store for RunSealed.
type Sealed struct {
	// Open opens an empty store with keys; nil for none. It is closed with the test.
	Open func(t *testing.T, k *Keys) SealedStore
	// Raw is all that a store has on disk, after everything was written there.
	Raw func(t *testing.T, s engine.Store) []byte
	// Swap moves the sealed detail of one order to another behind the store's back; of no order, it writes {} in clear.
	Swap func(t *testing.T, s engine.Store, from, to string)
}

// SealedStore can seal its rows anew.
type SealedStore interface {
	engine.Store
	ledger.Store
	Readable(ctx context.Context, o org.ID) (some bool, err error)
	Reseal(ctx context.Context, o org.ID, done func(rows int)) (used map[string]bool, err error)
	EraseWords(ctx context.Context, o org.ID, id dispatch.WorkOrderID) (int, error)
	EraseAnswers(ctx context.Context, o org.ID, ids []string) (int, error)
	AuditReasons(ctx context.Context, o org.ID, after ledger.AuditPlace, limit int) ([]ledger.Entry, error)
	EraseReasons(ctx context.Context, o org.ID, entries []ledger.Entry) error
}

// canaries are texts that only sealed columns hold.
func canaries() []string {
	return []string{"13800138000", "11010519491231002X", "canary-name", "canary-answer"}
}

// canaryBatch puts each canary into every place where people write or are named.
func canaryBatch(i int) *engine.Batch {
	id := fmt.Sprintf("w%04d", i)
	order := Order(id, engine.StateNew, "")
	order.Description, order.RatingComment, order.Reason = "call 13800138000", "id 11010519491231002X", "13800138000 refused"
	e := Event(int64(i), id, engine.StateNew)
	e.Wish, e.Comment, e.Reason = &order.Wish, "id 11010519491231002X", "13800138000 refused"
	technician := Technician(fmt.Sprintf("t%04d", i))
	technician.Name = "canary-name"
	looked := Entry("li", id, 0)
	looked.Reason = "13800138000 asked for canary-name"
	return &engine.Batch{
		Audit: []ledger.Entry{looked}, Events: []engine.Event{e}, Orders: []*engine.Order{order}, Technicians: []*engine.Technician{technician},
		DueSet: []engine.DueWork{{Kind: "message", Key: id, At: at(60), Payload: `{"to":"13800138000"}`}},
		Keys:   []engine.IdempotencyRecord{{Key: id, Method: "m", Response: []byte("canary-answer 13800138000"), Created: at(0)}},
	}
}

// plant writes a batch of canaries, and a record beside it.
func plant(t *testing.T, s SealedStore, i int) {
	t.Helper()
	commit(t, s, here, canaryBatch(i))
	err := s.Apply(t.Context(), here, &ledger.Change{Records: []ledger.Record{{
		Kind: "person", ID: fmt.Sprintf("p%04d", i), Version: 1, State: "ACTIVE", Created: at(0), Updated: at(0),
		Keys: []ledger.Key{{Name: "phone", Value: fmt.Sprintf("blind-%d", i)}}, Body: []byte(`{"id":"11010519491231002X","phone":"13800138000"}`),
	}}})
	if err != nil {
		t.Fatalf("apply: %v", err)
	}
}

// RunSealed holds a store to what is promised of keys: rows R-S2 and R-S4.
func RunSealed(t *testing.T, c *Sealed) {
	t.Helper()
	t.Run("nothing that people wrote is on disk in clear", func(t *testing.T) {
		t.Parallel()
		for _, keys := range []*Keys{{}, nil} { // without keys the search must find them: it can fail
			s := c.Open(t, keys)
			plant(t, s, 1)
			raw := c.Raw(t, s)
			for _, canary := range canaries() {
				if got := bytes.Contains(raw, []byte(canary)); got != (keys == nil) {
					t.Errorf("with keys %t: %q is on disk: %t", keys != nil, canary, got)
				}
			}
		}
	})
	t.Run("rows of a time before keys are read, and sealed when they are written anew", func(t *testing.T) {
		t.Parallel()
		s := c.Open(t, &Keys{})
		if some, err := s.Readable(t.Context(), here); some || err != nil {
			t.Errorf("an empty store is readable: %t, %v", some, err)
		}
		plant(t, s, 1)
		if some, err := s.Readable(t.Context(), here); !some || err != nil {
			t.Errorf("a store with its keys is readable: %t, %v", some, err)
		}
		c.Swap(t, s, "", "w0001")
		if o, err := s.Order(t.Context(), here, "w0001"); err != nil || o.Description != "" {
			t.Errorf("a row in clear: %v", err)
		}
	})
	t.Run("a value that was moved to another row does not open", func(t *testing.T) {
		t.Parallel()
		s := c.Open(t, &Keys{})
		plant(t, s, 1)
		plant(t, s, 2)
		c.Swap(t, s, "w0002", "w0001")
		if _, err := s.Order(t.Context(), here, "w0001"); err == nil {
			t.Error("the moved value opens")
		}
		if _, err := s.Order(t.Context(), here, "w0002"); err != nil {
			t.Errorf("the one that stayed: %v", err)
		}
		if _, err := s.Readable(t.Context(), here); err == nil {
			t.Error("a start would not find out")
		}
	})
	t.Run("words are erased, and what they stood in stays", func(t *testing.T) {
		t.Parallel()
		for _, keys := range []*Keys{{}, nil} {
			eraseWords(t, c.Open(t, keys))
		}
	})
	t.Run("reasons are erased, and the chain holds", func(t *testing.T) {
		t.Parallel()
		for _, keys := range []*Keys{{}, nil} {
			eraseReasons(t, c.Open(t, keys))
		}
	})
	t.Run("rows are sealed anew while they are read and written", func(t *testing.T) {
		t.Parallel()
		sealAnew(t, c)
	})
}

// eraseWords erases what was written about one of two orders, and the answers about it: more than a page of each.
func eraseWords(t *testing.T, s SealedStore) {
	t.Helper()
	const of = 230
	for i := 1; i <= of; i++ {
		b := canaryBatch(i)
		b.Orders, b.Technicians, b.DueSet = nil, nil, nil
		if b.Events[0].Order = "w0001"; i == of {
			b.Events[0].Order, b.Keys[0].Response = "w0002", []byte("about w0002")
		}
		if i == 2 {
			b.Events[0].Type, b.Events[0].Reason = engine.OrderCalled, string(engine.CallReached)
		}
		commit(t, s, here, b)
	}
	if n, err := s.EraseWords(t.Context(), here, "w0001"); n != of-1 || err != nil {
		t.Errorf("%d events without words (%v), want %d", n, err, of-1)
	}
	if n, err := s.EraseAnswers(t.Context(), here, []string{"canary-answer"}); n != of-1 || err != nil {
		t.Errorf("%d answers emptied (%v), want %d", n, err, of-1)
	}
	if n, err := s.EraseWords(t.Context(), here, "w0001"); n != 0 || err != nil {
		t.Errorf("%d events once more (%v)", n, err)
	}
	wordless(t, must(s.Events(t.Context(), here, 0, of+1))(t), of)
	for key, want := range map[string]string{"w0001": "", fmt.Sprintf("w%04d", of): "about w0002"} {
		if k := must(s.Key(t.Context(), here, key))(t); string(k.Response) != want {
			t.Errorf("the answer under %s is %q, want %q", key, k.Response, want)
		}
	}
}

// eraseReasons erases the reasons of the entries about one of two orders. It is refused while nothing tells of it.
func eraseReasons(t *testing.T, s SealedStore) {
	t.Helper()
	for i := range 5 {
		b := canaryBatch(i + 1)
		b.Orders, b.Technicians, b.DueSet, b.Keys, b.Events = nil, nil, nil, nil, nil
		b.Audit[0].ID = fmt.Sprintf("w%04d", i%2)
		commit(t, s, here, b)
	}
	none := Entry("li", "x", 0)
	none.Reason = ""
	commit(t, s, here, &engine.Batch{Audit: []ledger.Entry{none}})
	all := must(s.AuditReasons(t.Context(), here, ledger.AuditPlace{}, 100))(t)
	if len(all) != 5 || len(must(s.AuditReasons(t.Context(), here, all[2].Place(), 1))(t)) != 1 {
		t.Fatalf("%d entries with a reason, want 5", len(all))
	}
	var mine, tell []ledger.Entry
	for _, e := range all {
		if e.Reason != "13800138000 asked for canary-name" || e.Erased() {
			t.Fatalf("an entry says %q", e.Reason)
		}
		if e.ID == "w0001" {
			chain.Forget(&e)
			mine = append(mine, e)
			tell = append(tell, ledger.Entry{
				Time: at(9), Actor: "service", Method: ledger.ReasonErased, Kind: ledger.AuditEvents, ID: e.Name(), Result: ledger.OK, Fields: []string{chain.Rest(&e)},
			})
		}
	}
	if err := s.EraseReasons(t.Context(), here, mine); err == nil {
		t.Error("reasons are erased, and nothing tells of it")
	}
	commit(t, s, here, &engine.Batch{Audit: tell})
	if err := s.EraseReasons(t.Context(), here, mine); err != nil {
		t.Error(err)
	}
	for _, e := range must(s.AuditTrail(t.Context(), here, ledger.AuditPlace{}, 100))(t) {
		if e.Erased() != (e.ID == "w0001") || e.Erased() == (e.Reason != "") && e.ID != "x" && e.Method != ledger.ReasonErased {
			t.Errorf("entry %s about %s says %q", e.Name(), e.ID, e.Reason)
		}
	}
	holds(t, s, here)
}

// wordless holds events to what eraseWords leaves of them: no words but those of the last, and the outcome of the call.
func wordless(t *testing.T, events []engine.Event, want int) {
	t.Helper()
	if len(events) != want {
		t.Fatalf("%d events, want %d", len(events), want)
	}
	last := events[want-1]
	text := fmt.Sprintf("%+v", events[:want-1])
	for _, e := range events[:want-1] {
		text += fmt.Sprintf("%+v", e.Wish)
	}
	for _, word := range canaries() {
		if bytes.Contains([]byte(text), []byte(word)) {
			t.Errorf("%q is still there", word)
		}
	}
	if events[1].Reason != string(engine.CallReached) || last.Wish.Description == "" {
		t.Errorf("the outcome of the call is %q, the other order says %q", events[1].Reason, last.Wish.Description)
	}
}

// sealAnew rotates keys between writes, seals anew in the middle of others, and reads all.
func sealAnew(t *testing.T, c *Sealed) {
	keys := &Keys{}
	s := c.Open(t, keys)
	const rows = 450 // more than two pages
	next := 1
	for ; next <= rows; next++ {
		if next == rows/2 {
			keys.Rotate()
		}
		plant(t, s, next)
	}
	keys.Rotate()
	var stopped int
	cut, cancel := context.WithCancel(t.Context())
	if _, err := s.Reseal(cut, here, func(n int) { stopped += n; cancel() }); err == nil || stopped == 0 {
		t.Fatalf("a walk that was cut short after %d rows says %v", stopped, err)
	}
	changed := 0
	used, err := s.Reseal(t.Context(), here, func(n int) {
		changed += n
		plant(t, s, next) // between two pages
		next++
		if _, err := s.Order(t.Context(), here, "w0001"); err != nil {
			t.Errorf("read meanwhile: %v", err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	// 5 sealed columns of each row that is not of the log; those that the first walk did are passed over.
	if want := 5*rows - stopped; changed != want {
		t.Errorf("%d values were sealed anew, want %d", changed, want)
	}
	if diff := cmp.Diff(map[string]bool{"00000000": true, "00000001": true, "00000002": true}, used); diff != "" {
		t.Errorf("keys in use, the older two by the log (-want +got):\n%s", diff)
	}
	again := 0
	if _, err := s.Reseal(t.Context(), here, func(n int) { again += n }); err != nil || again != 0 {
		t.Errorf("a second walk changed %d (%v)", again, err)
	}
	allOpen(t, s, next)
}

// allOpen reads the rows of all batches before next.
func allOpen(t *testing.T, s SealedStore, next int) {
	t.Helper()
	for i := 1; i < next; i++ {
		want := canaryBatch(i)
		o, err := s.Order(t.Context(), here, want.Orders[0].ID)
		if err != nil || o.Description != want.Orders[0].Description {
			t.Fatalf("order %d after it was sealed anew: %v", i, err)
		}
		r, err := s.Records(t.Context(), here, ledger.Where("person", "phone", fmt.Sprintf("blind-%d", i)), 2)
		if err != nil || len(r.Records) != 1 || !bytes.Contains(r.Records[0].Body, []byte("13800138000")) {
			t.Fatalf("record %d after it was sealed anew: %v", i, err)
		}
		k, err := s.Key(t.Context(), here, want.Keys[0].Key)
		if err != nil || !bytes.Equal(k.Response, want.Keys[0].Response) {
			t.Fatalf("key %d after it was sealed anew: %q, %v", i, k.Response, err)
		}
	}
}
