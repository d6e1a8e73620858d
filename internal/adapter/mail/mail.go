// Package mail sends messages as e-mail over SMTP, encrypted from the start or by STARTTLS, with AUTH PLAIN where there is a
// user. A server that has taken the text and fallen silent may have delivered it: that outcome is unknown.
package mail

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/mail"
	"net/smtp"
	"net/textproto"
	"strings"
	"time"

	"fettle/internal/clock"
	"fettle/internal/notify/channel"
)

// Encryption is how a connection is kept from others.
type Encryption string

// The ways of encryption.
const (
	StartTLS Encryption = "starttls" // refused when the server does not offer it
	TLS      Encryption = "tls"      // from the first byte
	Plain    Encryption = "none"     // for a server on the same machine
)

// Config is an account at a server.
type Config struct {
	Address        string // host:port
	From           string // such as "Fettle <repairs@example.com>"
	User, Password string // no AUTH without a user
	Encryption     Encryption
	TLS            *tls.Config // nil trusts what the machine trusts
	Clock          clock.Clock
}

// limit is how long one letter may take.
const limit = 30 * time.Second

// Mail is a channel of e-mail. Each letter has a connection of its own.
type Mail struct {
	c    Config
	host string
	from *mail.Address
}

// New checks the config and makes one.
func New(c Config) (*Mail, error) {
	host, _, err := net.SplitHostPort(c.Address)
	if err != nil {
		return nil, fmt.Errorf("address %q: want host:port: %w", c.Address, err)
	}
	from, err := mail.ParseAddress(c.From)
	if err != nil {
		return nil, fmt.Errorf("from %q: want an e-mail address: %w", c.From, err)
	}
	switch c.Encryption {
	case StartTLS, TLS:
	case Plain:
		if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
			return nil, fmt.Errorf("encryption none: the server is %s; want one on this machine, or starttls or tls", host)
		}
	default:
		return nil, fmt.Errorf("encryption %q: want starttls, tls or none", c.Encryption)
	}
	if c.TLS == nil {
		c.TLS = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	c.TLS = c.TLS.Clone()
	c.TLS.ServerName = host
	return &Mail{c: c, host: host, from: from}, nil
}

// Capabilities implements channel.Channel.
func (*Mail) Capabilities() channel.Capabilities { return channel.Capabilities{NeedsAddress: true} }

// Close implements channel.Channel.
func (*Mail) Close() {}

// Send implements channel.Channel.
func (m *Mail) Send(ctx context.Context, l *channel.Letter) channel.Outcome {
	to, err := mail.ParseAddress(l.Address)
	if err != nil {
		return channel.Outcome{Result: channel.Permanent, Err: errors.New("the address of the recipient is no e-mail address")}
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	client, err := m.connect(ctx)
	if err != nil {
		return refused("connect to the mail server", err)
	}
	defer client.Close() //nolint:errcheck // QUIT was said, or nothing matters any more
	stop := context.AfterFunc(ctx, func() { _ = client.Close() })
	defer stop()
	if err := m.greet(client); err != nil {
		return refused("log in to the mail server", err)
	}
	o := m.hand(client, to, m.text(to, l))
	if o.Result == channel.Sent {
		_ = client.Quit() // the server has the letter whatever it says now
	}
	return o
}

func (m *Mail) connect(ctx context.Context) (*smtp.Client, error) {
	var d interface {
		DialContext(ctx context.Context, network, address string) (net.Conn, error)
	} = &net.Dialer{}
	if m.c.Encryption == TLS {
		d = &tls.Dialer{Config: m.c.TLS}
	}
	conn, err := d.DialContext(ctx, "tcp", m.c.Address)
	if err != nil {
		return nil, err
	}
	if end, ok := ctx.Deadline(); ok {
		_ = conn.SetDeadline(end) // a connection that cannot have one fails by itself
	}
	client, err := smtp.NewClient(conn, m.host)
	if err != nil {
		_ = conn.Close()
	}
	return client, err
}

// greet encrypts and logs in.
func (m *Mail) greet(c *smtp.Client) error {
	if m.c.Encryption == StartTLS {
		if ok, _ := c.Extension("STARTTLS"); !ok {
			return errors.New("the server does not offer STARTTLS")
		}
		if err := c.StartTLS(m.c.TLS); err != nil {
			return err
		}
	}
	if m.c.User == "" {
		return nil
	}
	return c.Auth(smtp.PlainAuth("", m.c.User, m.c.Password, m.host))
}

// hand gives the letter to the server. Until the last dot is written nothing can have been delivered.
func (m *Mail) hand(c *smtp.Client, to *mail.Address, text []byte) channel.Outcome {
	if err := c.Mail(m.from.Address); err != nil {
		return refused("name the sender", err)
	}
	if err := c.Rcpt(to.Address); err != nil {
		return refused("name the recipient", err)
	}
	w, err := c.Data()
	if err != nil {
		return refused("begin the text", err)
	}
	if _, err := w.Write(text); err != nil {
		return refused("write the text", err)
	}
	err = w.Close()
	if said := (*textproto.Error)(nil); err != nil && !errors.As(err, &said) {
		return channel.Outcome{Result: channel.Unknown, Err: fmt.Errorf("end the text: %w", err)}
	}
	if err != nil {
		return refused("end the text", err)
	}
	return channel.Outcome{Result: channel.Sent}
}

// refused is the outcome of a step that failed before the letter was taken: for ever when the server says 5xx of a letter.
func refused(step string, err error) channel.Outcome {
	o := channel.Outcome{Result: channel.Retry, Err: fmt.Errorf("%s: %w", step, err)}
	said := (*textproto.Error)(nil)
	if !errors.As(err, &said) {
		return o
	}
	o.Err = fmt.Errorf("%s: %w: it answered %d", step, channel.ErrRefused, said.Code) // its words may hold an address
	if said.Code/100 == 5 && step != "log in to the mail server" && step != "connect to the mail server" {
		o.Result = channel.Permanent
	}
	return o
}

// text is the letter as it goes over the line.
func (m *Mail) text(to *mail.Address, l *channel.Letter) []byte {
	_, domain, _ := strings.Cut(m.from.Address, "@")
	title := l.Title
	if title == "" {
		title = l.Text
	}
	var b strings.Builder
	for _, header := range [][2]string{
		{"From", m.from.String()},
		{"To", to.String()},
		{"Subject", mime.BEncoding.Encode("utf-8", title)},
		{"Date", m.c.Clock.Now().UTC().Format(time.RFC1123Z)},
		{"Message-ID", "<" + l.Message.ID + "@" + domain + ">"},
		{"Auto-Submitted", "auto-generated"},
		{"Content-Language", l.Language},
		{"MIME-Version", "1.0"},
		{"Content-Type", `text/plain; charset="utf-8"`},
		{"Content-Transfer-Encoding", "base64"},
	} {
		b.WriteString(header[0] + ": " + header[1] + "\r\n")
	}
	b.WriteString("\r\n")
	encoded := base64.StdEncoding.EncodeToString([]byte(l.Text))
	const width = 76
	for len(encoded) > width {
		_, _ = io.WriteString(&b, encoded[:width]+"\r\n")
		encoded = encoded[width:]
	}
	b.WriteString(encoded + "\r\n")
	return []byte(b.String())
}
