package adapter_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fettle/internal/adapter"
	"fettle/internal/clock"
	"fettle/internal/notify"
	"fettle/internal/notify/channel"
)

func write(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestOpen(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, "key", "hush\n")
	write(t, dir, "receipts", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n")
	path := write(t, dir, "channels.json", `{
		"language": "en",
		"channels": {
			"mail": {"kind": "smtp", "address": "mail.example.org:587", "from": "Fettle <repairs@example.org>", "user": "fettle", "secretFile": "key"},
			"sms": {"kind": "sms", "url": "https://sms.example.org/send", "signature": "Fettle", "secretFile": "key", "receiptSecretFile": "receipts", "parallel": 8},
			"wechat": {"kind": "wechat", "appId": "wx1", "secretFile": "key"},
			"sink": {"kind": "sink", "url": "http://127.0.0.1:9/"},
			"trial": {"kind": "file", "path": "-", "needsCredit": true}
		},
		"routes": {"TENANT": ["wechat", "sms"], "TECHNICIAN": ["trial"], "SUPERVISOR": ["mail", "sink"]},
		"quietHours": {"sms": {"from": "21:00", "to": "08:00"}},
		"caps": {"TENANT": {"messages": 5, "per": "24h"}}
	}`)
	var terminal bytes.Buffer
	set, err := adapter.Open(path, adapter.House{Clock: clock.NewFake(time.Unix(0, 0)), Zone: time.UTC, Terminal: &terminal})
	if err != nil {
		t.Fatal(err)
	}
	defer set.Close()
	r := set.Rules
	if len(set.Channels) != 5 || r.Language != "en" || r.Caps[channel.Tenant] != (notify.Cap{Messages: 5, Per: 24 * time.Hour}) || r.Parallel["sms"] != 8 ||
		r.Quiet["sms"] != (notify.Quiet{From: 21 * 60, To: 8 * 60}) || len(set.Receipts["sms"].Secrets) != 1 || len(set.Receipts) != 1 {
		t.Errorf("got %+v", set)
	}
	if !set.Channels["wechat"].Capabilities().NeedsCredit || !set.Channels["trial"].Capabilities().NeedsCredit {
		t.Error("no credit is needed")
	}
	if o := set.Channels["trial"].Send(t.Context(), &channel.Letter{Message: &channel.Message{ID: "m1"}}); o.Result != channel.Sent || !strings.Contains(terminal.String(), "m1") {
		t.Errorf("got %+v and %s", o, &terminal)
	}
	if got, err := set.Receipts["sms"].Read([]byte(`{"receipts":[]}`)); err != nil || len(got) != 0 {
		t.Errorf("got %v, %v", got, err)
	}
	one := adapter.One("http://127.0.0.1:9/", time.UTC)
	defer one.Close()
	if len(one.Channels) != 1 || one.Rules.Routes[channel.Supervisor][0] != "sink" {
		t.Errorf("got %+v", one)
	}
}

func TestWrongFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, "no_secret", "x")
	for want, text := range map[string]string{
		"channels and routes":         `[]`,
		`unknown field "chanels"`:     `{"chanels": {}}`,
		"routes.MAYOR":                `{"routes": {"MAYOR": []}}`,
		"quietHours.x.from":           `{"quietHours": {"x": {"from": "9 pm", "to": "08:00"}}}`,
		"quietHours.x.to":             `{"quietHours": {"x": {"from": "21:00", "to": ""}}}`,
		"caps.TENANT":                 `{"caps": {"TENANT": {"messages": 5, "per": "a day"}}}`,
		"up to 32 of":                 `{"channels": {"A B": {"kind": "file", "path": "x"}}}`,
		"parallel":                    `{"channels": {"x": {"kind": "file", "path": "x", "parallel": 65}}}`,
		`kind is "fax"`:               `{"channels": {"x": {"kind": "fax"}}}`,
		"path: want a file":           `{"channels": {"x": {"kind": "file"}}}`,
		`url is "ftp://x"`:            `{"channels": {"x": {"kind": "sms", "url": "ftp://x"}}}`,
		"address":                     `{"channels": {"x": {"kind": "smtp"}}}`,
		"secretFile: open":            `{"channels": {"x": {"kind": "wechat", "secretFile": "none"}}}`,
		"receiptSecretFile: open":     `{"channels": {"x": {"kind": "sms", "url": "https://x", "receiptSecretFile": "none"}}}`,
		"receiptSecretFile: webhook":  `{"channels": {"x": {"kind": "sms", "url": "https://x", "receiptSecretFile": "no_secret"}}}`,
		"receiptSecretFile: this kin": `{"channels": {"x": {"kind": "sink", "url": "https://x", "receiptSecretFile": "no_secret"}}}`,
	} {
		_, err := adapter.Open(write(t, dir, "c.json", text), adapter.House{Zone: time.UTC})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v", want, err)
		}
	}
	if _, err := adapter.Open(filepath.Join(dir, "none"), adapter.House{}); err == nil {
		t.Error("no file was read")
	}
}
