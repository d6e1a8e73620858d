package outside

import (
	"bufio"
	"bytes"
	"context"
	"iter"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// event is one message of the stream.
type event struct {
	id   int // 0 for what is not in the log
	kind string
	data []byte
}

// stream is an open stream of events.
type stream struct {
	cancel context.CancelFunc
	res    *http.Response
	lines  *bufio.Reader
}

// watch opens a stream and fails the test when that is refused.
func (s *service) watch(r request) *stream {
	s.t.Helper()
	st, err := s.tryWatch(r)
	if err != nil {
		s.t.Fatalf("watch: %v", err)
	}
	if st.res.StatusCode != http.StatusOK || st.res.Header.Get("Content-Type") != "text/event-stream" {
		s.t.Fatalf("watch: %s, %q", st.res.Status, st.res.Header.Get("Content-Type"))
	}
	return st
}

func (s *service) tryWatch(r request) (*stream, error) {
	ctx, cancel := context.WithCancel(context.Background())
	req, err := http.NewRequestWithContext(ctx, r.method, s.url+r.path, nil)
	if err != nil {
		cancel()
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+s.token)
	for name, value := range r.header {
		req.Header.Set(name, value)
	}
	client := &http.Client{Transport: s.client.Transport} // streams have no end
	res, err := client.Do(req)                            //nolint:bodyclose // close does it
	if err != nil {
		cancel()
		return nil, err
	}
	return &stream{cancel: cancel, res: res, lines: bufio.NewReaderSize(res.Body, 64<<10)}, nil
}

func (st *stream) close() {
	st.cancel()
	_ = st.res.Body.Close()
}

// events yields messages until the stream ends, or nothing comes for that long.
func (st *stream) events(patience time.Duration) iter.Seq[event] {
	return func(yield func(event) bool) {
		watchdog := time.AfterFunc(patience, st.cancel)
		defer watchdog.Stop()
		var e event
		for {
			line, err := st.lines.ReadBytes('\n')
			if err != nil {
				return
			}
			line = bytes.TrimRight(line, "\r\n")
			name, value, _ := bytes.Cut(line, []byte(":"))
			value = bytes.TrimPrefix(value, []byte(" "))
			switch string(name) {
			case "id":
				e.id, _ = strconv.Atoi(string(value))
			case "event":
				e.kind = string(value)
			case "data":
				e.data = append(e.data, value...)
			}
			if len(line) > 0 || e.kind == "" && e.data == nil {
				continue
			}
			watchdog.Reset(patience)
			if !yield(e) {
				return
			}
			e = event{}
		}
	}
}

// sees reads on until an event names something.
func (st *stream) sees(id string) bool {
	for e := range st.events(time.Minute) {
		if strings.Contains(string(e.data), id) {
			return true
		}
	}
	return false
}
