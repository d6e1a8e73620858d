package notify_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"fettle/internal/notify"
	"fettle/ledger"
)

// TestHand: a code goes to the number that is given by the first channel of technicians that takes numbers, and what is kept of
// it tells neither the code nor the number.
func TestHand(t *testing.T) {
	t.Parallel()
	mail := &channel{can: notify.Capabilities{NeedsAddress: true}}
	busy := &channel{can: notify.Capabilities{}, say: saying(notify.Outcome{Result: notify.Permanent, Err: notify.ErrRefused})}
	phone := &channel{can: notify.Capabilities{NeedsAddress: true, Telephone: true}}
	h := newHouse(t, notify.Rules{
		Routes: map[notify.Role][]string{notify.Technician: {"mail", "busy", "phone"}},
		Quiet:  map[string]notify.Quiet{"phone": {From: 0, To: 23*60 + 59}},
	}, map[string]notify.Channel{"mail": mail, "busy": busy, "phone": phone})
	code := &notify.Handed{
		ID: "msg_1", Template: string(notify.SignInCode), Technician: "t1", Phone: "+8613800138000", Vars: map[string]string{"code": "345678", "minutes": "10"},
	}
	if err := h.desk.Hand(context.Background(), code); err != nil {
		t.Fatal(err)
	}
	if len(mail.sent) != 0 || len(phone.sent) != 1 {
		t.Fatalf("sent %d by mail, %d by telephone", len(mail.sent), len(phone.sent))
	}
	l := phone.sent[0]
	if l.Address != code.Phone || !strings.Contains(l.Text, "345678") || l.Vars["code"] != "345678" || l.Message.Phone != code.Phone || !strings.Contains(l.Message.Text["en"], "345678") {
		t.Errorf("sent %+v of %+v", l, l.Message)
	}
	page, err := h.store.Records(context.Background(), "default", ledger.All(notify.RecordKind), 10)
	if err != nil || len(page.Records) != 1 {
		t.Fatalf("%d records, %v", len(page.Records), err)
	}
	kept, err := notify.DecodeRecord(&page.Records[0])
	if err != nil {
		t.Fatal(err)
	}
	if kept.State != notify.WasSent || kept.Channel != "phone" || kept.Recipient != "technician.t1" {
		t.Errorf("kept %+v", kept)
	}
	if all, err := json.Marshal(page); err != nil || strings.Contains(string(all)+string(page.Records[0].Body), "345678") || strings.Contains(string(page.Records[0].Body), "138000") {
		t.Errorf("kept: %s %s %v", all, page.Records[0].Body, err)
	}
}

// TestHandWithoutAWay: a message that no channel takes is told to be lost, and kept as such.
func TestHandWithoutAWay(t *testing.T) {
	t.Parallel()
	mail := &channel{can: notify.Capabilities{NeedsAddress: true}}
	h := newHouse(t, notify.Rules{Routes: map[notify.Role][]string{notify.Technician: {"mail"}}}, map[string]notify.Channel{"mail": mail})
	err := h.desk.Hand(context.Background(), &notify.Handed{ID: "msg_1", Template: string(notify.SignInCode), Technician: "t1", Phone: "+8613800138000"})
	if !errors.Is(err, notify.ErrNoChannels) || len(mail.sent) != 0 {
		t.Errorf("%v, %d sent", err, len(mail.sent))
	}
	if err := h.desk.Hand(context.Background(), &notify.Handed{ID: "msg_2", Template: "nothing"}); err == nil {
		t.Error("a template that is not there was handed")
	}
}
