package signin

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	identityv1 "fettle/api/gen/fettle/identity/v1"
	policyv1 "fettle/api/gen/fettle/policy/v1"
	"fettle/internal/auth"
	"fettle/internal/clock"
	"fettle/internal/identity"
	"fettle/internal/throttle"
	"fettle/ledger"
	"fettle/ledger/ledgertest"
	"fettle/org"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// signer is a keyed hash without a secret.
type signer struct{}

func (signer) Index(o org.ID, kind, value string) (string, error) {
	sum := sha256.Sum256([]byte(string(o) + "\x00" + kind + "\x00" + value))
	return hex.EncodeToString(sum[:11]), nil
}

// counted counts the codes that are read: the guesses that are compared.
type counted struct {
	*ledgertest.Store
	mu    sync.Mutex
	reads map[string]int
}

func (c *counted) Record(ctx context.Context, o org.ID, kind, id string) (*ledger.Record, error) {
	if kind == codeKind {
		c.mu.Lock()
		c.reads[id]++
		c.mu.Unlock()
	}
	return c.Store.Record(ctx, o, kind, id)
}

func (c *counted) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.reads)
}

type house struct {
	t      *testing.T
	desk   *Desk
	server *Server
	people *identity.Server
	store  *counted
	clock  *clock.Fake
	sent   []*Message
}

func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{t: t, store: &counted{Store: &ledgertest.Store{}, reads: map[string]int{}}, clock: clock.NewFake(time.Date(2026, 3, 9, 1, 0, 0, 0, time.UTC))}
	d := identity.NewDirectory(h.store, h.clock)
	serves := func(o org.ID) bool { return o == org.Default || o == "other" }
	h.people = identity.NewServer(d, &identity.Links{Signer: signer{}, Clock: h.clock, Serves: serves}, nil, identity.Here{Clock: h.clock})
	h.desk = New(Config{
		Store: h.store, Directory: d, Signer: signer{}, Clock: h.clock, Serves: serves, Log: slog.New(slog.DiscardHandler),
		Send: func(_ context.Context, m *Message) error { h.sent = append(h.sent, m); return nil },
	})
	h.server = NewServer(h.desk)
	return h
}

// work does what waits for after the answers.
func (h *house) work() {
	for {
		select {
		case f := <-h.desk.queue:
			f(context.Background())
		default:
			return
		}
	}
}

// stream says which method is called.
type stream struct{ grpc.ServerTransportStream }

func (stream) Method() string { return "/test/Test" }

func admin(o org.ID) context.Context {
	ctx := metadata.NewIncomingContext(context.Background(), metadata.Pairs("idempotency-key", random(8)))
	ctx = grpc.NewContextWithServerTransportStream(ctx, stream{})
	return auth.NewContext(ctx, &auth.Principal{Name: "admin", Org: o, Roles: auth.AllRoles()})
}

func from(address string) context.Context {
	return auth.WithAddress(auth.NewContext(context.Background(), auth.Stranger()), address)
}

// hire makes a user who is a technician.
func (h *house) hire(o org.ID, name, phone string) *identityv1.User {
	h.t.Helper()
	u, err := h.people.CreateUser(admin(o), &identityv1.CreateUserRequest{User: &identityv1.User{
		DisplayName: name, Roles: []policyv1.Role{policyv1.Role_TECHNICIAN, policyv1.Role_DISPATCHER}, TechnicianId: "te_" + name, Phone: phone,
	}})
	if err != nil {
		h.t.Fatal(err)
	}
	return u
}

// code asks for a code and returns what was sent, "" for nothing.
func (h *house) code(address, phone, device string) string {
	h.t.Helper()
	n := len(h.sent)
	if _, err := h.server.SendCode(from(address), &identityv1.SendCodeRequest{Phone: phone, Device: device}); err != nil {
		h.t.Fatal(err)
	}
	h.work()
	if len(h.sent) == n {
		return ""
	}
	return h.sent[n].Code
}

func (h *house) redeem(address, phone, code, device string) (*identityv1.TechnicianSession, error) {
	return h.server.RedeemCode(from(address), &identityv1.RedeemCodeRequest{Phone: phone, Code: code, Device: device})
}

// signIn goes the whole way.
func (h *house) signIn(phone string) *identityv1.TechnicianSession {
	h.t.Helper()
	s, err := h.redeem("192.0.2.1", phone, h.code("192.0.2.1", phone, ""), "")
	if err != nil {
		h.t.Fatal(err)
	}
	return s
}

func other(code string) string {
	return strings.Map(func(r rune) rune { return '0' + (r-'0'+1)%10 }, code)
}

const li = "13800138000"

func TestSignIn(t *testing.T) {
	h := newHouse(t)
	u := h.hire(org.Default, "li", "138 0013 8000")
	if u.GetPhone() != "****8000" {
		t.Errorf("the number is shown as %q", u.GetPhone())
	}
	code := h.code("192.0.2.1", "+86 138-0013-8000", "")
	if len(code) != codeDigits || h.sent[0].Technician != "te_li" || h.sent[0].Phone.Reveal() != "+8613800138000" {
		t.Fatalf("sent %+v with code %q", h.sent, code)
	}
	if _, err := h.redeem("192.0.2.1", li, other(code), ""); !errors.Is(err, auth.ErrWrongCode) {
		t.Errorf("another code: %v", err)
	}
	s, err := h.redeem("192.0.2.1", li, " "+code[:3]+" "+code[3:], "")
	if err != nil {
		t.Fatal(err)
	}
	who, err := h.desk.Verify(context.Background(), s.GetToken())
	if err != nil || who.Name != "user:"+u.GetId() || who.Technician != "te_li" || len(who.Roles) != 1 || who.Roles[0] != auth.Technician || who.Org != org.Default {
		t.Errorf("signed in as %+v, %v; want the technician and no dispatcher", who, err)
	}
	if _, err := h.redeem("192.0.2.1", li, code, ""); !errors.Is(err, auth.ErrWrongCode) {
		t.Errorf("the same code again: %v", err)
	}
	h.work()
	var results []string
	entries, err := h.store.AuditEntries(context.Background(), org.Default, ledger.AuditQuery{}, 100)
	if err != nil {
		t.Fatal(err)
	}
	for i := range entries {
		results = append(results, entries[i].Actor+" "+entries[i].Method[strings.LastIndex(entries[i].Method, "/")+1:]+" "+entries[i].Result)
	}
	if got, want := strings.Join(results, ", "), "stranger RedeemCode WRONG_CODE, user:"+u.GetId()+" RedeemCode OK, service SendCode OK, admin Test OK"; got != want {
		t.Errorf("audit is %s, want %s", got, want)
	}
	data, err := protojson.Marshal(s)
	if err != nil || strings.Contains(string(data), "8000") {
		t.Errorf("the session tells the number: %s %v", data, err)
	}
}

// TestNothingOfACodeIsKept: records hold neither code, nor token, nor number in clear.
func TestNothingOfACodeIsKept(t *testing.T) {
	h := newHouse(t)
	h.hire(org.Default, "li", li)
	code := h.code("192.0.2.1", li, "")
	r, err := h.store.Records(context.Background(), org.Default, ledger.All(codeKind), 10)
	if err != nil || len(r.Records) != 1 {
		t.Fatalf("%d records, %v", len(r.Records), err)
	}
	if text := string(r.Records[0].Body) + r.Records[0].ID; strings.Contains(text, `"`+code+`"`) || strings.Contains(text, "138000") {
		t.Errorf("kept: %s", text)
	}
}

// TestWhatDoesNotWork lists codes and tokens that must not open anything.
func TestWhatDoesNotWork(t *testing.T) {
	for name, c := range map[string]func(h *house, code string) error{
		"a code that has ended": func(h *house, code string) error {
			h.clock.Advance(codeLife)
			_, err := h.redeem("192.0.2.1", li, code, "")
			return err
		},
		"a code before the last": func(h *house, code string) error {
			h.clock.Advance(codeWait)
			if h.code("192.0.2.1", li, "") == "" {
				return errors.New("no second code")
			}
			_, err := h.redeem("192.0.2.1", li, code, "")
			return err
		},
		"a code at another number": func(h *house, code string) error {
			_, err := h.redeem("192.0.2.1", "13900139000", code, "")
			return err
		},
		"a code in another org": func(h *house, code string) error {
			_, err := h.server.RedeemCode(from("192.0.2.1"), &identityv1.RedeemCodeRequest{Phone: li, Code: code, Org: "other"})
			return err
		},
		"a code in no org": func(h *house, code string) error {
			_, err := h.server.RedeemCode(from("192.0.2.1"), &identityv1.RedeemCodeRequest{Phone: li, Code: code, Org: "nowhere"})
			return err
		},
		"a code of who was disabled": func(h *house, code string) error {
			h.patch("disabled", &identityv1.User{Disabled: true})
			_, err := h.redeem("192.0.2.1", li, code, "")
			return err
		},
		"a code of a number that is another's now": func(h *house, code string) error {
			h.patch("phone", &identityv1.User{})
			h.hire(org.Default, "wu", li)
			_, err := h.redeem("192.0.2.1", li, code, "")
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			h.hire(org.Default, "li", li)
			h.hire(org.Default, "zu", "13900139000")
			if err := c(h, h.code("192.0.2.1", li, "")); !errors.Is(err, auth.ErrWrongCode) {
				t.Errorf("got %v, want ErrWrongCode", err)
			}
		})
	}
}

// patch changes the user li.
func (h *house) patch(field string, u *identityv1.User) {
	h.t.Helper()
	list, err := h.people.ListUsers(admin(org.Default), &identityv1.ListUsersRequest{})
	if err != nil {
		h.t.Fatal(err)
	}
	for _, known := range list.GetUsers() {
		if known.GetDisplayName() == "li" {
			u.Id = known.GetId()
		}
	}
	req := &identityv1.UpdateUserRequest{User: u, Etag: "*"}
	req.UpdateMask = &fieldmaskpb.FieldMask{Paths: []string{field}}
	if _, err := h.people.UpdateUser(admin(org.Default), req); err != nil {
		h.t.Fatal(err)
	}
}

// TestSessionsEnd: what ends a session, and that it ends at once.
func TestSessionsEnd(t *testing.T) {
	for name, end := range map[string]func(h *house, s *identityv1.TechnicianSession, who *auth.Principal) error{
		"its token ends": func(h *house, _ *identityv1.TechnicianSession, _ *auth.Principal) error {
			h.clock.Advance(tokenLife)
			return nil
		},
		"it is signed out": func(h *house, _ *identityv1.TechnicianSession, who *auth.Principal) error {
			_, err := h.server.SignOut(auth.NewContext(context.Background(), who), &identityv1.SignOutRequest{})
			return err
		},
		"its user is signed out": func(h *house, _ *identityv1.TechnicianSession, who *auth.Principal) error {
			_, err := h.server.SignOutUser(admin(org.Default), &identityv1.SignOutUserRequest{Id: strings.TrimPrefix(who.Name, "user:")})
			return err
		},
		"its user is disabled": func(h *house, _ *identityv1.TechnicianSession, _ *auth.Principal) error {
			h.patch("disabled", &identityv1.User{Disabled: true})
			return nil
		},
		"its refresh token is in two hands": func(h *house, s *identityv1.TechnicianSession, _ *auth.Principal) error {
			if _, err := h.server.RefreshSession(from(""), &identityv1.RefreshSessionRequest{RefreshToken: s.GetRefreshToken()}); err != nil {
				return err
			}
			h.clock.Advance(again)
			if _, err := h.server.RefreshSession(from(""), &identityv1.RefreshSessionRequest{RefreshToken: s.GetRefreshToken()}); !errors.Is(err, auth.ErrUnknown) {
				return fmt.Errorf("the old refresh token: %w", err)
			}
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			h.hire(org.Default, "li", li)
			s := h.signIn(li)
			who, err := h.desk.Verify(context.Background(), s.GetToken())
			if err != nil {
				t.Fatal(err)
			}
			if err := end(h, s, who); err != nil {
				t.Fatal(err)
			}
			if _, err := h.desk.Verify(context.Background(), s.GetToken()); !errors.Is(err, auth.ErrUnknown) {
				t.Errorf("the token still works: %v", err)
			}
			if name == "its token ends" {
				return
			}
			if _, err := h.server.RefreshSession(from(""), &identityv1.RefreshSessionRequest{RefreshToken: s.GetRefreshToken()}); !errors.Is(err, auth.ErrUnknown) {
				t.Errorf("the refresh token still works: %v", err)
			}
		})
	}
}

func TestRefresh(t *testing.T) {
	h := newHouse(t)
	h.hire(org.Default, "li", li)
	s := h.signIn(li)
	refresh := func(token string) (*identityv1.TechnicianSession, error) {
		return h.server.RefreshSession(from(""), &identityv1.RefreshSessionRequest{RefreshToken: token})
	}
	h.clock.Advance(time.Hour)
	first, err := refresh(s.GetRefreshToken())
	if err != nil {
		t.Fatal(err)
	}
	if repeated, err := refresh(s.GetRefreshToken()); err != nil || !proto.Equal(repeated, first) {
		t.Errorf("the same request again: %v, %v; want the same answer", repeated, err)
	}
	if _, err := h.desk.Verify(context.Background(), first.GetToken()); err != nil {
		t.Errorf("the new token: %v", err)
	}
	for begun := h.clock.Now(); ; h.clock.Advance(20 * 24 * time.Hour) { // refreshed in time, again and again
		next, err := refresh(first.GetRefreshToken())
		if errors.Is(err, auth.ErrUnknown) {
			if gone := h.clock.Now().Sub(begun); gone < mostLife-21*24*time.Hour || gone > mostLife+20*24*time.Hour {
				t.Errorf("the session lasted %v, want about %v", gone, mostLife)
			}
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		first = next
	}
	for _, bent := range []string{"", "x", s.GetToken(), s.GetRefreshToken() + "x", strings.Replace(s.GetRefreshToken(), ".1.", ".2.", 1), strings.Replace(s.GetRefreshToken(), "default", "other", 1), "fr_nowhere.x.1.y", "fr_" + strings.Repeat("x", 1000)} {
		if _, err := refresh(bent); !errors.Is(err, auth.ErrUnknown) {
			t.Errorf("%.40s: %v", bent, err)
		}
		if _, err := h.desk.Verify(context.Background(), bent); !errors.Is(err, auth.ErrUnknown) {
			t.Errorf("%.40s as a token: %v", bent, err)
		}
	}
}

// siege is R-A7: from 100 addresses 10,000 guesses at 100 numbers within 10 minutes, half of them nobody's. It returns the most
// guesses at one number that were compared, which of the owners could not sign in by the telephone they have, and how the
// answers for numbers of somebody differ from those for numbers of nobody.
func siege(t *testing.T, weaken func(*limits)) (most int, locked []string, told []string) {
	t.Helper()
	h := newHouse(t)
	phone := func(i int) string { return fmt.Sprintf("1380000%04d", i) }
	devices := map[int]string{}
	for i := range 50 {
		h.hire(org.Default, fmt.Sprint(i), phone(i))
		s, err := h.redeem(fmt.Sprintf("10.0.0.%d", i), phone(i), h.code(fmt.Sprintf("10.0.0.%d", i), phone(i), ""), "")
		if err != nil {
			t.Fatal(err)
		}
		devices[i] = s.GetDevice()
	}
	h.clock.Advance(time.Hour)
	weaken(&h.desk.limits)
	h.store.forget()
	answers := make([]string, 100)
	for round := range 100 {
		for i := range 100 {
			address := fmt.Sprintf("192.0.2.%d", (round+i)%100)
			a, err := h.server.SendCode(from(address), &identityv1.SendCodeRequest{Phone: phone(i)})
			_, wrong := h.redeem(address, phone(i), "000000", "fd_made.up")
			answers[i] += fmt.Sprintln(a, err, wrong)
		}
		h.work()
		h.clock.Advance(5 * time.Second)
	}
	for i, a := range answers {
		if a != answers[i%50+50] {
			told = append(told, phone(i))
		}
	}
	for i := range 50 { // the owners, while it goes on
		address := fmt.Sprintf("10.0.0.%d", i)
		s, err := h.redeem(address, phone(i), h.code(address, phone(i), devices[i]), devices[i])
		if err != nil || s.GetTechnicianId() != fmt.Sprintf("te_%d", i) {
			locked = append(locked, phone(i))
		}
	}
	for _, n := range h.store.reads {
		most = max(most, n)
	}
	return most, locked, told
}

// TestSiege is row R-A7, with its saboteurs: no limit by number lets guesses through, one limit for strangers and owners locks
// owners out.
func TestSiege(t *testing.T) {
	// A record of a code is read once more when a new code takes its place, and once by its owner.
	const sends, owner = 4, 2
	most, locked, told := siege(t, func(*limits) {})
	if most > 10+sends+owner || most == 0 {
		t.Errorf("%d guesses at one number were compared", most)
	}
	if len(locked) > 0 {
		t.Errorf("locked out: %v", locked)
	}
	if len(told) > 0 {
		t.Errorf("whether a number is somebody's can be told: %v", told)
	}
	if most, _, _ := siege(t, func(l *limits) {
		l.guesses, l.pairs = throttle.New(1e9, time.Minute), throttle.New(1e9, time.Minute)
	}); most <= 10+sends+owner {
		t.Errorf("without a limit by number %d guesses were compared, and nobody saw it", most)
	}
	if _, locked, _ := siege(t, func(l *limits) { l.guessesKnown = l.guesses }); len(locked) == 0 {
		t.Error("owners share the guesses of strangers, and nobody saw it")
	}
}

// TestOneAddressIsBounded: one address asks for codes of many numbers only so often, and others are not held up by it.
func TestOneAddressIsBounded(t *testing.T) {
	h := newHouse(t)
	asked := 0
	for i := range 1000 {
		_, err := h.server.SendCode(from("192.0.2.1"), &identityv1.SendCodeRequest{Phone: fmt.Sprintf("1380000%04d", i)})
		if err == nil {
			asked++
		}
		h.work()
	}
	if asked != codesAddress {
		t.Errorf("%d codes were asked for from one address", asked)
	}
	if _, err := h.server.SendCode(from("192.0.2.2"), &identityv1.SendCodeRequest{Phone: li}); err != nil {
		t.Errorf("another address: %v", err)
	}
}

// TestWithoutChannels: where codes cannot be sent, whoever asks hears it.
func TestWithoutChannels(t *testing.T) {
	h := newHouse(t)
	h.desk.c.Send = nil
	if _, err := h.server.SendCode(from("192.0.2.1"), &identityv1.SendCodeRequest{Phone: li}); !errors.Is(err, auth.ErrNoCodes) {
		t.Errorf("got %v", err)
	}
}
