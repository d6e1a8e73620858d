// Package adapter reads which channels an operator has, and makes them: one package below it for each way to reach people.
// docs/messages.md shows the file.
package adapter

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"fettle/internal/adapter/file"
	"fettle/internal/adapter/mail"
	"fettle/internal/adapter/sink"
	"fettle/internal/adapter/sms"
	"fettle/internal/adapter/wechat"
	"fettle/internal/clock"
	"fettle/internal/notify"
	"fettle/internal/notify/channel"
	"fettle/webhook"
)

// Set is what a file says: channels, the rules of their use, and who reads the receipts of their providers.
type Set struct {
	Channels map[string]channel.Channel
	Rules    notify.Rules
	Receipts map[string]Receipts // by channel
	Stay     map[string]bool     // channels that write to this machine and tell nobody else
}

// Receipts is the callback of one provider.
type Receipts struct {
	Secrets []webhook.Secret // that it signs with
	Read    func(body []byte) ([]channel.Receipt, error)
}

// House is what channels need of the service.
type House struct {
	Clock    clock.Clock
	Zone     *time.Location // of quiet hours
	Terminal io.Writer      // for channels that write to "-"
}

// One is the set of a service that has a sink and nothing else.
func One(url string, zone *time.Location) *Set {
	const name = "sink"
	route := []string{name}
	return &Set{
		Channels: map[string]channel.Channel{name: sink.New(url, notify.Parallel)},
		Rules: notify.Rules{
			Zone: zone, Parallel: map[string]int{name: notify.Parallel},
			Routes: map[channel.Role][]string{channel.Tenant: route, channel.Technician: route, channel.Supervisor: route},
		},
	}
}

// document is the file.
type document struct {
	Language   string                    `json:"language"`
	Channels   map[string]*entry         `json:"channels"`
	Routes     map[channel.Role][]string `json:"routes"`
	QuietHours map[string]hours          `json:"quietHours"`
	Caps       map[channel.Role]limit    `json:"caps"`
}

// entry is one channel. Which fields it has depends on its kind.
type entry struct {
	Kind     string `json:"kind"`
	Parallel int    `json:"parallel"`

	URL        string `json:"url"`        // sink, sms, wechat
	Path       string `json:"path"`       // file: "-" is the terminal
	Address    string `json:"address"`    // smtp: host:port
	From       string `json:"from"`       // smtp
	User       string `json:"user"`       // smtp
	Encryption string `json:"encryption"` // smtp: starttls, tls or none
	AppID      string `json:"appId"`      // wechat
	Page       string `json:"page"`       // wechat
	Signature  string `json:"signature"`  // sms
	Idempotent bool   `json:"idempotent"` // sms, file
	CostMicros int64  `json:"costMicros"` // sms, file
	SecretFile string `json:"secretFile"` // smtp, sms, wechat: a password or a key

	ReceiptSecretFile string `json:"receiptSecretFile"` // sms: lines of whsec_...

	NeedsAddress  bool `json:"needsAddress"`  // file, in the place of another channel
	NeedsCredit   bool `json:"needsCredit"`   // file
	NeedsApproval bool `json:"needsApproval"` // file
}

type hours struct{ From, To string }

type limit struct {
	Messages int    `json:"messages"`
	Per      string `json:"per"` // such as 24h
}

// maxParallel is the most letters of one channel that may be on their way.
const maxParallel = 64

// Open reads a file. Paths in it are relative to its folder.
func Open(path string, h House) (*Set, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the channels: %w", err)
	}
	set, err := read(data, filepath.Dir(path), h)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return set, nil
}

func read(data []byte, dir string, h House) (*Set, error) {
	var d document
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&d); err != nil {
		return nil, fmt.Errorf("want a JSON object with channels and routes: %w", err)
	}
	set := &Set{
		Channels: map[string]channel.Channel{}, Receipts: map[string]Receipts{},
		Rules: notify.Rules{
			Zone: h.Zone, Language: d.Language, Routes: d.Routes, Quiet: map[string]notify.Quiet{}, Caps: map[channel.Role]notify.Cap{}, Parallel: map[string]int{},
		},
	}
	if err := d.rules(&set.Rules); err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(d.Channels)) {
		if err := set.add(name, d.Channels[name], dir, h); err != nil {
			set.Close()
			return nil, fmt.Errorf("channels.%s: %w", name, err)
		}
	}
	return set, nil
}

// Close closes the channels.
func (s *Set) Close() {
	for _, c := range s.Channels {
		c.Close()
	}
}

func (d *document) rules(r *notify.Rules) error {
	for role := range d.Routes {
		if role != channel.Tenant && role != channel.Technician && role != channel.Supervisor {
			return fmt.Errorf("routes.%s: want TENANT, TECHNICIAN or SUPERVISOR", role)
		}
	}
	for channel, h := range d.QuietHours {
		from, err := notify.ParseTimeOfDay(h.From)
		if err != nil {
			return fmt.Errorf("quietHours.%s.from: %w", channel, err)
		}
		to, err := notify.ParseTimeOfDay(h.To)
		if err != nil {
			return fmt.Errorf("quietHours.%s.to: %w", channel, err)
		}
		r.Quiet[channel] = notify.Quiet{From: from, To: to}
	}
	for role, c := range d.Caps {
		per, err := time.ParseDuration(c.Per)
		if err != nil || per <= 0 || c.Messages <= 0 {
			return fmt.Errorf(`caps.%s: want {"messages": 5, "per": "24h"}`, role)
		}
		r.Caps[role] = notify.Cap{Messages: c.Messages, Per: per}
	}
	return nil
}

// add makes one channel.
func (s *Set) add(name string, e *entry, dir string, h House) error {
	if strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789_") != "" || name == "" || len(name) > 32 {
		return errors.New("want a name of up to 32 of a-z, 0-9 and _")
	}
	if e == nil || e.Parallel < 0 || e.Parallel > maxParallel {
		return fmt.Errorf("parallel: want 0 to %d", maxParallel)
	}
	e.Parallel = cmp.Or(e.Parallel, 4)
	s.Rules.Parallel[name] = e.Parallel
	secret, err := e.secret(dir)
	if err != nil {
		return err
	}
	c, err := e.make(secret, dir, h)
	if err != nil {
		return err
	}
	s.Channels[name] = c
	if e.Kind == "file" {
		if s.Stay == nil {
			s.Stay = map[string]bool{}
		}
		s.Stay[name] = true
	}
	if e.ReceiptSecretFile == "" {
		return nil
	}
	reader, ok := c.(interface {
		Receipts(body []byte) ([]channel.Receipt, error)
	})
	if !ok {
		return errors.New("receiptSecretFile: this kind of channel has no receipts")
	}
	secrets, err := receiptSecrets(filepath.Join(dir, e.ReceiptSecretFile))
	s.Receipts[name] = Receipts{Secrets: secrets, Read: reader.Receipts}
	return err
}

// secret reads the password or key of a channel.
func (e *entry) secret(dir string) (string, error) {
	if e.SecretFile == "" {
		return "", nil
	}
	data, err := os.ReadFile(filepath.Join(dir, e.SecretFile))
	if err != nil {
		return "", fmt.Errorf("secretFile: %w", err)
	}
	return strings.TrimSpace(string(data)), nil
}

// receiptSecrets reads the secrets of a provider: the present one, and the one before while it is changed.
func receiptSecrets(path string) ([]webhook.Secret, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("receiptSecretFile: %w", err)
	}
	var out []webhook.Secret
	for _, line := range strings.Fields(string(data)) {
		s, err := webhook.ParseSecret(line)
		if err != nil {
			return nil, fmt.Errorf("receiptSecretFile: %w", err)
		}
		out = append(out, s)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("receiptSecretFile: %w", webhook.ErrSecret)
	}
	return out, nil
}

func (e *entry) make(secret, dir string, h House) (channel.Channel, error) {
	needURL := func() error {
		if !strings.HasPrefix(e.URL, "https://") && !strings.HasPrefix(e.URL, "http://") {
			return fmt.Errorf("url is %q: want one that begins with https://", e.URL)
		}
		return nil
	}
	switch e.Kind {
	case "sink":
		return sink.New(e.URL, e.Parallel), needURL()
	case "sms":
		return sms.New(sms.Config{
			URL: e.URL, Key: secret, Signature: e.Signature, Idempotent: e.Idempotent, Cost: e.CostMicros, Parallel: e.Parallel,
		}), needURL()
	case "wechat":
		e.URL = cmp.Or(e.URL, "https://api.weixin.qq.com")
		return wechat.New(wechat.Config{
			Base: strings.TrimSuffix(e.URL, "/"), AppID: e.AppID, Secret: secret, Page: e.Page, Parallel: e.Parallel, Clock: h.Clock,
		}), needURL()
	case "smtp":
		return mail.New(mail.Config{
			Address: e.Address, From: e.From, User: e.User, Password: secret, Encryption: mail.Encryption(cmp.Or(e.Encryption, "starttls")), Clock: h.Clock,
		})
	case "file":
		as := channel.Capabilities{
			Idempotent: e.Idempotent, NeedsAddress: e.NeedsAddress, Telephone: e.NeedsAddress, NeedsCredit: e.NeedsCredit, NeedsApproval: e.NeedsApproval, Cost: e.CostMicros,
		}
		if e.Path == "-" && h.Terminal != nil {
			return file.New(h.Terminal, as), nil
		}
		if e.Path == "" {
			return nil, errors.New("path: want a file, or - for the terminal")
		}
		return file.Open(filepath.Join(dir, e.Path), as)
	}
	return nil, fmt.Errorf("kind is %q: want sink, smtp, sms, wechat or file", e.Kind)
}
