package operation_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"fettle/internal/adapter/spreadsheet"
	"fettle/internal/auth"
	"fettle/internal/clock"
	"fettle/internal/operation"
	"fettle/internal/registry"
	"fettle/invalid"
	"fettle/ledger"
	"fettle/ledger/ledgertest"
	"fettle/org"
	"fettle/rental/sheet"
)

var morning = time.Date(2026, 3, 9, 1, 0, 0, 0, time.UTC)

// peer is the service that imports call: it keeps what it was told, once under each idempotency key, as the real one does.
type peer struct {
	grpc.ClientConnInterface
	who     []string
	made    []string          // what there is now
	answers map[string]string // id by key
	busy    int               // after so many calls the service has no time, once
	deaf    bool              // sabotage: keys are not looked at
}

func (p *peer) make(ctx context.Context, name string) (string, error) {
	if p.busy--; p.busy == 0 {
		return "", status.Error(codes.ResourceExhausted, "slow down")
	}
	md, _ := metadata.FromOutgoingContext(ctx)
	key := strings.Join(md.Get("idempotency-key"), ",")
	if id, ok := p.answers[key]; ok && !p.deaf {
		return id, nil
	}
	p.made = append(p.made, name)
	id := fmt.Sprintf("id_%d", len(p.made))
	p.answers[key] = id
	return id, nil
}

// things imports the names of things.
func things(p *peer) operation.Import {
	return operation.Import{
		Name: "importThings", Columns: []spreadsheet.Column{{Name: "name"}},
		Request: func(r sheet.Row) (proto.Message, error) {
			if r["name"] == "bad" {
				return nil, &invalid.Error{Field: "name", Value: "bad", Want: "a good one"}
			}
			return wrapperspb.String(r["name"]), nil
		},
		Send: func(ctx context.Context, _ grpc.ClientConnInterface, m proto.Message) (string, operation.Outcome, error) {
			name, _ := m.(*wrapperspb.StringValue)
			id, err := p.make(ctx, name.GetValue())
			return id, operation.Created, err
		},
	}
}

// house is a runner over a store in memory.
type house struct {
	t     *testing.T
	store *ledgertest.Store
	clock *clock.Fake
	peer  *peer
	r     *operation.Runner
	reg   *registry.Registry
}

func newHouse(t *testing.T, more ...operation.Type) *house {
	return newHouseBy(t, operation.Worker{}, more...)
}

// newHouseBy is newHouse with a worker.
func newHouseBy(t *testing.T, worker operation.Worker, more ...operation.Type) *house {
	h := &house{t: t, store: &ledgertest.Store{}, clock: clock.NewFake(morning), peer: &peer{answers: map[string]string{}}}
	i := things(h.peer)
	h.r = operation.New(operation.Config{
		Store: h.store, Clock: h.clock, Types: append(more, i.Type()), Worker: worker,
		As: func(who *auth.Principal) grpc.ClientConnInterface {
			h.peer.who = append(h.peer.who, who.Name)
			return h.peer
		},
	})
	h.reg = registry.New(registry.Config{Store: h.store, Clock: h.clock})
	return h
}

// change decides something in the name of li.
func (h *house) change(decide func(tx *registry.Tx) error) {
	h.t.Helper()
	ctx := auth.NewContext(h.t.Context(), &auth.Principal{Name: "li", Org: "o", Roles: []auth.Role{auth.Dispatcher}})
	ctx = grpc.NewContextWithServerTransportStream(ctx, stream{})
	_, err := registry.Do(ctx, h.reg, wrapperspb.String(""), func(tx *registry.Tx) (*wrapperspb.StringValue, error) {
		return wrapperspb.String(""), decide(tx)
	})
	if err != nil {
		h.t.Fatal(err)
	}
}

type stream struct{ grpc.ServerTransportStream }

// Method implements grpc.ServerTransportStream.
func (stream) Method() string { return "/test/Begin" }

func (h *house) begin(name string, file []byte, dry bool) (id string) {
	h.t.Helper()
	h.change(func(tx *registry.Tx) error {
		item, err := h.r.Begin(tx, name, nil, file, dry)
		if err == nil {
			id = item.ID
		}
		return err
	})
	return id
}

// turns does what is due until nothing is for a while, and returns how often that failed.
func (h *house) turns() (failed int) {
	h.t.Helper()
	for range 100 {
		rows, err := h.store.Due(h.t.Context(), "o", ledger.DueFilter{}, h.clock.Now(), 10)
		if err != nil {
			h.t.Fatal(err)
		}
		if len(rows) == 0 {
			return failed
		}
		for _, w := range rows {
			w.Attempt = failed + 1
			if err := h.r.Turn("o")(h.t.Context(), w); err != nil {
				failed++
			}
		}
		h.clock.Advance(time.Second)
	}
	h.t.Fatal("it never ends")
	return 0
}

func (h *house) get(id string) *operation.Operation {
	h.t.Helper()
	item, err := operation.Kind().Read(h.t.Context(), h.store, "o", id)
	if err != nil {
		h.t.Fatal(err)
	}
	return &item.Value
}

func (h *house) results(id string) (out []operation.Result) {
	h.t.Helper()
	q := ledger.Under(operation.Batches().Name, operation.KeyOperation, ledger.Text(id))
	found, _, err := operation.Batches().List(h.t.Context(), h.store, "o", q, 1000)
	if err != nil {
		h.t.Fatal(err)
	}
	for _, b := range found {
		out = append(out, b.Value.Results...)
	}
	return out
}

// table is a CSV of n names, every tenth of them bad.
func table(n int) []byte {
	var b bytes.Buffer
	b.WriteString("name\n")
	for i := range n {
		if i%10 == 9 {
			b.WriteString("bad\n")
			continue
		}
		fmt.Fprintf(&b, "n%d\n", i)
	}
	return b.Bytes()
}

// Steps that end in the middle, of a service that dies before it has kept what it did, do nothing twice and leave nothing out.
func TestAnImportDoesEachRowOnce(t *testing.T) {
	t.Parallel()
	for _, deaf := range []bool{false, true} {
		h := newHouse(t)
		h.peer.busy, h.peer.deaf = 300, deaf
		crashes := 0
		h.store.Fail = func(_ org.ID, c *ledger.Change) error {
			if len(c.Records) > 0 && c.Records[0].Kind == "operations" && c.Records[0].Version > 1 && crashes < 2 {
				crashes++
				return errors.New("the power went")
			}
			return nil
		}
		id := h.begin("importThings", table(1200), false)
		if failed := h.turns(); failed != 2 {
			t.Fatalf("failed %d times, want 2", failed)
		}
		op := h.get(id)
		if op.State != operation.Succeeded || op.Done != 1080 || op.Failed != 120 || op.Items != 1200 || op.Input != nil {
			t.Errorf("it ended as %+v", op)
		}
		res := h.results(id)
		for i := range res {
			if res[i].Index != int64(i) || res[i].Line != i+2 || res[i].OK != (i%10 != 9) || !res[i].OK && res[i].Field != "name" {
				t.Fatalf("result %d is %+v", i, res[i])
			}
		}
		if len(res) != 1200 {
			t.Errorf("%d results, want 1200", len(res))
		}
		if once := len(h.peer.made) == 1080; once == deaf {
			t.Errorf("%d things were made of 1080, keys looked at: %v", len(h.peer.made), !deaf)
		}
		if h.peer.who[0] != "li" {
			t.Errorf("it acts as %v", h.peer.who)
		}
		if parts, err := h.store.Count(t.Context(), "o", ledger.All("blobParts"), 10); err != nil || parts != 0 {
			t.Errorf("%d parts of the file are left, %v", parts, err)
		}
	}
}

func TestADryRunMakesNothing(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	id := h.begin("importThings", table(20), true)
	h.turns()
	if op := h.get(id); op.State != operation.Succeeded || op.Done != 18 || op.Failed != 2 || len(h.peer.made) != 0 {
		t.Errorf("it ended as %+v with %v", op, h.peer.made)
	}
}

func TestCancel(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	id := h.begin("importThings", table(2000), false)
	rows, err := h.store.Due(t.Context(), "o", ledger.DueFilter{}, h.clock.Now(), 1)
	if err != nil || len(rows) != 1 {
		t.Fatal(rows, err)
	}
	if err := h.r.Turn("o")(t.Context(), rows[0]); err != nil {
		t.Fatal(err)
	}
	h.change(func(tx *registry.Tx) error {
		item, err := operation.Kind().Load(tx, id)
		if err != nil {
			return err
		}
		return h.r.Stop(tx, item)
	})
	h.turns()
	op := h.get(id)
	if op.State != operation.Canceled || op.Done == 0 || len(h.results(id)) != int(op.Done+op.Failed) || op.Done+op.Failed >= 2000 {
		t.Errorf("it ended as %+v with %d results", op, len(h.results(id)))
	}
}

func TestWhatNobodyCanDoFails(t *testing.T) {
	t.Parallel()
	h := newHouse(t, operation.Type{Name: "broken", Step: func(context.Context, *operation.Step) error { return errors.New("always") }},
		operation.Type{Name: "hopeless", Step: func(context.Context, *operation.Step) error { return &operation.Hopeless{Text: "no such thing"} }})
	broken, hopeless := h.begin("broken", nil, false), h.begin("hopeless", nil, false)
	h.turns()
	if op := h.get(broken); op.State != operation.Failed || strings.Contains(op.Problem, "always") {
		t.Errorf("broken ended as %+v", op)
	}
	if op := h.get(hopeless); op.State != operation.Failed || op.Problem != "no such thing" {
		t.Errorf("hopeless ended as %+v", op)
	}
}

// An export reads page after page, and its file is there for a week.
func TestExport(t *testing.T) {
	t.Parallel()
	e := operation.Export{
		Name: "exportThings", Columns: []spreadsheet.Column{{Name: "name"}, {Name: "n", Kind: spreadsheet.Number}},
		Page: func(_ context.Context, _ grpc.ClientConnInterface, _ []byte, token string) (rows []sheet.Row, next string, err error) {
			for i := range 3 {
				rows = append(rows, sheet.Row{"name": "=1+1" + token, "n": fmt.Sprint(i)})
			}
			if len(token) < 4 {
				return rows, token + "x", nil
			}
			return rows, "", nil
		},
	}
	for _, xlsx := range []bool{false, true} {
		h := newHouse(t, e.Type(func([]byte) bool { return xlsx }))
		id := h.begin("exportThings", nil, false)
		h.turns()
		op := h.get(id)
		if op.State != operation.Succeeded || op.Done != 15 || op.FileParts() != 1 {
			t.Fatalf("it ended as %+v", op)
		}
		size, write, err := op.File(t.Context(), h.store, "o", 0)
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := write(t.Context(), &b); err != nil || int64(b.Len()) != size {
			t.Fatalf("%d bytes are written of %d, %v", b.Len(), size, err)
		}
		data := b.Bytes()
		rows, err := spreadsheet.Read(data, e.Columns, spreadsheet.Limits{})
		if err != nil || len(rows) != 15 || rows[14].Now["name"] != "=1+1xxxx" || rows[14].Now["n"] != "2" {
			t.Errorf("the file holds %v, %v", rows, err)
		}
		if is := op.FileType == operation.TypeXLSX && bytes.HasPrefix(data, []byte("PK")); is != xlsx {
			t.Errorf("the type is %s", op.FileType)
		}
		h.clock.Advance(8 * 24 * time.Hour)
		h.turns()
		op = h.get(id)
		if _, _, err := op.File(t.Context(), h.store, "o", 0); !errors.Is(err, ledger.ErrNotFound) {
			t.Errorf("after a week: %v", err)
		}
		if parts, err := h.store.Count(t.Context(), "o", ledger.All("blobParts"), 10); err != nil || parts != 0 {
			t.Errorf("%d parts of the file are left, %v", parts, err)
		}
	}
}
