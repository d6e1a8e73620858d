package outlook

import (
	"bytes"
	"fmt"
	"os"
	"sync"
	"time"

	"fettle/forecast/weather"
)

// Sky is the weather of days as a file has it. Somebody else writes the file, so it is read again when it has changed; a reading
// that fails leaves the weather as it was.
type Sky struct {
	path   string
	failed func(error)

	mu    sync.Mutex
	stamp time.Time
	size  int64
	table *weather.Table
}

// OpenSky reads the file (forecast/weather says its format). What fails later is told to failed, once for each change of the file.
func OpenSky(path string, failed func(error)) (*Sky, error) {
	s := &Sky{path: path, failed: failed}
	_, err := s.read()
	return s, err
}

// Table is the weather as the file has it now; nil of a nil Sky.
func (s *Sky) Table() *weather.Table {
	if s == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if changed, err := s.read(); err != nil && changed {
		s.failed(err)
	}
	return s.table
}

// read reads the file unless it is the one that was read last.
func (s *Sky) read() (changed bool, err error) {
	about, err := os.Stat(s.path)
	if err != nil {
		changed, s.size = s.size >= 0, -1 // gone: said once
		return changed, fmt.Errorf("weather: %w", err)
	}
	if about.Size() == s.size && about.ModTime().Equal(s.stamp) {
		return false, nil
	}
	s.size, s.stamp = about.Size(), about.ModTime()
	text, err := os.ReadFile(s.path)
	if err != nil {
		return true, fmt.Errorf("weather: %w", err)
	}
	table, err := weather.Read(bytes.NewReader(text))
	if err != nil {
		return true, fmt.Errorf("%s: %w", s.path, err)
	}
	s.table = table
	return true, nil
}
