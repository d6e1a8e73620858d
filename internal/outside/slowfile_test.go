package outside

import (
	"bytes"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// TestSlowFileReaders lets 50 clients read the file of an export a KiB a second (R-L2): what the service holds for each is a part of the
// file, whoever reads at a usual pace gets all of it beside them, and they are cut at last.
func TestSlowFileReaders(t *testing.T) { slowFileReaders(t, "") }

// TestSlowFileReadersBesidePostgres is the same with the rows in PostgreSQL, where no transaction is open while they read.
func TestSlowFileReadersBesidePostgres(t *testing.T) { slowFileReaders(t, postgres.Database(t, "")) }

func slowFileReaders(t *testing.T, database string) {
	t.Helper()
	t.Parallel()
	var flags []string
	if database != "" {
		flags = append(flags, "--db", database)
	}
	s, rows := start(t, t.TempDir(), flags...), count(1400, 4000, "FETTLE_TORTURE_ROWS")
	s.finished(s.begin("/v1/workOrders:import", "import", "text/csv", tableOf(rows, 1500)))
	o := s.finished(s.begin("/v1/workOrders:export", "export", "application/json", []byte(`{}`)))
	path := "/v1/operations/" + o.ID + "/file"
	whole := s.send(request{method: http.MethodGet, path: path}) // what a reader costs anyway
	if !whole.ok() || len(whole.body) < rows*1500 {
		t.Fatalf("the file has %d bytes, want some MiB: %.200s", len(whole.body), whole)
	}
	before, memory, resident := s.goroutines(), s.liveMB(), s.residentMB()
	for range count(1, 10, "FETTLE_TORTURE_CYCLES") {
		readers := make([]net.Conn, 50)
		for i := range readers {
			readers[i] = s.slowly(path)
		}
		began := time.Now()
		kib := make([]byte, 1<<10)
		seconds, cut := count(4, 75, "FETTLE_TORTURE_SECONDS"), 0
		for range seconds {
			for i, c := range readers {
				if c == nil {
					continue
				}
				if _, err := c.Read(kib); err != nil {
					_ = c.Close()
					readers[i], cut = nil, cut+1
				}
			}
			s.liveMB()              // collects what it has taken to begin
			time.Sleep(time.Second) // their pace
		}
		held := s.liveMB() - memory
		if beside := s.send(request{method: http.MethodGet, path: path}); !bytes.Equal(beside.body, whole.body) {
			t.Errorf("who reads beside them gets %d bytes of %d: %.200s", len(beside.body), len(whole.body), beside)
		}
		t.Logf("50 readers of %d bytes for %d s: memory +%.1f MiB live, +%.1f resident; %d were cut", len(whole.body), seconds, held, s.residentMB()-resident, cut)
		if limit := 20.0; held > limit && !raceEnabled {
			t.Errorf("TOO HEAVY: %.0f MiB more for 50 readers, want at most %.0f", held, limit)
		}
		if full() && cut < len(readers) {
			t.Errorf("NOT CUT: %d of %d go on after %d s", len(readers)-cut, len(readers), seconds)
		}
		if database != "" {
			noTransaction(t, database, began)
		}
		for _, c := range readers {
			if c != nil {
				_ = c.Close()
			}
		}
	}
	eventually(t, time.Minute, "goroutines of readers are gone", func() bool {
		s.client.CloseIdleConnections()
		return s.goroutines() <= before+5
	})
	s.alive()
}

// slowly asks for a file with the smallest window that the system gives.
func (s *service) slowly(path string) net.Conn {
	s.t.Helper()
	conn := s.narrow()
	say(s.t, conn, "GET %s HTTP/1.1\r\nHost: fettle\r\nAuthorization: Bearer %s\r\n\r\n", path, s.token)
	return conn
}

// noTransaction wants none to be open in a database that has been since an instant: those of work that goes on anyway end soon.
func noTransaction(t *testing.T, database string, since time.Time) {
	t.Helper()
	c, err := pgx.Connect(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(t.Context()) //nolint:errcheck // it has only looked
	eventually(t, 30*time.Second, "NOT RELEASED: a transaction is open since before they read", func() bool {
		var open int
		if err := c.QueryRow(t.Context(),
			"SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND xact_start < $1", since,
		).Scan(&open); err != nil {
			t.Fatal(err)
		}
		return open == 0
	})
}
