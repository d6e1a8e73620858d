package mail_test

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http/httptest"
	netmail "net/mail"
	"net/textproto"
	"strings"
	"sync"
	"testing"
	"time"

	"fettle/internal/adapter/mail"
	"fettle/internal/clock"
	"fettle/internal/notify/channel"
)

// server speaks SMTP as far as a client needs it, and answers as it is told.
type server struct {
	net.Listener
	tls    *tls.Config // for STARTTLS; nil does not offer it
	say    map[string]string
	silent bool // hangs up instead of answering the text

	mu    sync.Mutex
	mails []string // the texts that it has taken
	auth  string
	done  sync.WaitGroup
}

func certificate(t *testing.T) (ours, theirs *tls.Config) {
	t.Helper()
	s := httptest.NewUnstartedServer(nil)
	s.StartTLS()
	defer s.Close()
	pool := x509.NewCertPool()
	pool.AddCert(s.Certificate())
	return &tls.Config{Certificates: s.TLS.Certificates, MinVersion: tls.VersionTLS12}, &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
}

func (s *server) start(t *testing.T, implicit bool) string {
	t.Helper()
	var err error
	if s.Listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	s.done.Go(func() {
		for {
			c, err := s.Accept()
			if err != nil {
				return
			}
			if implicit {
				c = tls.Server(c, s.tls)
			}
			s.serve(c)
		}
	})
	t.Cleanup(func() { _ = s.Close(); s.done.Wait() })
	return s.Addr().String()
}

func (s *server) serve(c net.Conn) {
	defer func() { _ = c.Close() }()
	_ = c.SetDeadline(time.Now().Add(10 * time.Second))
	r := textproto.NewReader(bufio.NewReader(c))
	answer := func(verb, text string) bool {
		if own, ok := s.say[verb]; ok {
			text = own
		}
		_, err := fmt.Fprintf(c, "%s\r\n", text)
		return err == nil
	}
	answer("greet", "220 here")
	for {
		line, err := r.ReadLine()
		if err != nil {
			return
		}
		verb, rest, _ := strings.Cut(line, " ")
		switch verb {
		case "EHLO":
			offers := "250 AUTH PLAIN"
			if s.tls != nil {
				offers = "250-STARTTLS\r\n" + offers
			}
			answer(verb, "250-here\r\n"+offers)
		case "STARTTLS":
			answer(verb, "220 go on")
			secure := tls.Server(c, s.tls)
			c, r = secure, textproto.NewReader(bufio.NewReader(secure))
		case "AUTH":
			s.mu.Lock()
			s.auth = rest
			s.mu.Unlock()
			answer(verb, "235 welcome")
		case "DATA":
			if !answer(verb, "354 go on") || s.say[verb] != "" {
				continue
			}
			text, err := io.ReadAll(r.DotReader())
			if err != nil || s.silent {
				return
			}
			if s.say["text"] == "" {
				s.mu.Lock()
				s.mails = append(s.mails, string(text))
				s.mu.Unlock()
			}
			answer("text", "250 taken")
		case "QUIT":
			answer(verb, "221 bye")
			return
		default:
			answer(verb, "250 ok")
		}
	}
}

func letter() *channel.Letter {
	return &channel.Letter{
		Message: &channel.Message{ID: "msg_default_7"}, Address: "Wang <wang@example.com>", Language: "zh", Title: "报修已受理\r\nBcc: all@example.com",
		Text: strings.Repeat("已收到您的报修 w1，正在安排维修人员。", 10),
	}
}

func TestSend(t *testing.T) {
	t.Parallel()
	ours, theirs := certificate(t)
	for name, c := range map[string]struct {
		server     *server
		encryption mail.Encryption
		user       string
		want       channel.Result
	}{
		"STARTTLS and a password":   {&server{tls: ours}, mail.StartTLS, "fettle", channel.Sent},
		"TLS from the start":        {&server{tls: ours}, mail.TLS, "fettle", channel.Sent},
		"on this machine":           {&server{}, mail.Plain, "", channel.Sent},
		"no STARTTLS":               {&server{}, mail.StartTLS, "fettle", channel.Retry},
		"a bad password":            {&server{tls: ours, say: map[string]string{"AUTH": "535 no"}}, mail.StartTLS, "fettle", channel.Retry},
		"no such person":            {&server{say: map[string]string{"RCPT": "550 who is wang@example.com"}}, mail.Plain, "", channel.Permanent},
		"greylisting":               {&server{say: map[string]string{"RCPT": "451 later"}}, mail.Plain, "", channel.Retry},
		"the text is refused":       {&server{say: map[string]string{"text": "554 spam"}}, mail.Plain, "", channel.Permanent},
		"the text may come later":   {&server{say: map[string]string{"text": "452 full"}}, mail.Plain, "", channel.Retry},
		"silence after the text":    {&server{silent: true}, mail.Plain, "", channel.Unknown},
		"the server is closing":     {&server{say: map[string]string{"greet": "554 closing"}}, mail.Plain, "", channel.Retry},
		"the text cannot begin now": {&server{say: map[string]string{"DATA": "421 closing"}}, mail.Plain, "", channel.Retry},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := c.server
			m, err := mail.New(mail.Config{
				Address: s.start(t, c.encryption == mail.TLS), From: "Fettle <repairs@example.org>", User: c.user, Password: "hush",
				Encryption: c.encryption, TLS: theirs, Clock: clock.NewFake(time.Unix(1e9, 0)),
			})
			if err != nil {
				t.Fatal(err)
			}
			defer m.Close()
			o := m.Send(t.Context(), letter())
			if o.Result != c.want || (o.Err == nil) != (c.want == channel.Sent) {
				t.Fatalf("got %+v, want %s", o, c.want)
			}
			if o.Err != nil && strings.Contains(o.Err.Error(), "wang") {
				t.Errorf("the error shows an address: %v", o.Err)
			}
			if c.want == channel.Sent {
				s.check(t, c.user)
			}
		})
	}
}

// check reads the letter as a mail program does.
func (s *server) check(t *testing.T, user string) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if want := "PLAIN " + base64.StdEncoding.EncodeToString([]byte("\x00"+user+"\x00hush")); user != "" && s.auth != want {
		t.Errorf("AUTH %q, want %q", s.auth, want)
	}
	if len(s.mails) != 1 {
		t.Fatalf("%d letters", len(s.mails))
	}
	m, err := netmail.ReadMessage(strings.NewReader(s.mails[0]))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(base64.NewDecoder(base64.StdEncoding, m.Body))
	if err != nil || string(text) != letter().Text {
		t.Errorf("got %q, %v", text, err)
	}
	subject, err := (&mime.WordDecoder{}).DecodeHeader(m.Header.Get("Subject"))
	if err != nil || subject != letter().Title || m.Header.Get("Bcc") != "" || m.Header.Get("Message-Id") != "<msg_default_7@example.org>" {
		t.Errorf("got %q, %v and %v", subject, err, m.Header)
	}
}

func TestNobodyThere(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	_ = l.Close()
	m, err := mail.New(mail.Config{Address: address, From: "a@example.org", Encryption: mail.Plain, Clock: clock.NewFake(time.Unix(0, 0))})
	if err != nil {
		t.Fatal(err)
	}
	if o := m.Send(t.Context(), letter()); o.Result != channel.Retry {
		t.Errorf("got %+v", o)
	}
	bad := letter()
	bad.Address = "no address"
	if o := m.Send(t.Context(), bad); o.Result != channel.Permanent || strings.Contains(o.Err.Error(), "no address") {
		t.Errorf("got %+v", o)
	}
	for _, c := range []mail.Config{
		{Address: "x", From: "a@b.example", Encryption: mail.TLS},
		{Address: "x:1", From: "a", Encryption: mail.TLS},
		{Address: "x:1", From: "a@b.example"},
		{Address: "mail.example.com:25", From: "a@b.example", Encryption: mail.Plain},
	} {
		if _, err := mail.New(c); err == nil {
			t.Errorf("%+v was taken", c)
		}
	}
}
