package file_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fettle/internal/adapter/file"
	"fettle/internal/notify/channel"
)

func letter(id string) *channel.Letter {
	return &channel.Letter{Message: &channel.Message{ID: id, Kind: "k", To: channel.Tenant}, Language: "en", Text: "line\nbreak"}
}

func TestFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "out")
	for _, id := range []string{"m1", "m2"} { // opened twice: it appends
		f, err := file.Open(path, channel.Capabilities{Disturbs: true})
		if err != nil {
			t.Fatal(err)
		}
		if o := f.Send(t.Context(), letter(id)); o.Result != channel.Sent || !f.Capabilities().Disturbs {
			t.Errorf("got %+v", o)
		}
		f.Close()
		if o := f.Send(t.Context(), letter(id)); o.Result != channel.Retry {
			t.Errorf("closed: got %+v", o)
		}
	}
	got, err := os.ReadFile(path)
	want := `{"message_id":"m1","kind":"k","to":"TENANT","language":"en","text":"line\nbreak"}` + "\n"
	if err != nil || string(got) != want+strings.Replace(want, "m1", "m2", 1) {
		t.Errorf("got %s, %v", got, err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file is %v, %v", info.Mode(), err)
	}
	if _, err := file.Open(t.TempDir(), channel.Capabilities{}); err == nil {
		t.Error("a folder was opened")
	}
}

// half writes half of a line.
type half struct{ bytes.Buffer }

func (h *half) Write(p []byte) (int, error) {
	n, _ := h.Buffer.Write(p[:len(p)/2])
	return n, errors.New("full")
}

func TestHalfALine(t *testing.T) {
	t.Parallel()
	if o := file.New(&half{}, channel.Capabilities{}).Send(t.Context(), letter("m1")); o.Result != channel.Unknown {
		t.Errorf("got %+v", o)
	}
}
