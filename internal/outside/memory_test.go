package outside

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// operation is work that goes on after the answer.
type operation struct {
	ID       string `json:"id"`
	State    string `json:"state"`
	Problem  string `json:"problem"`
	FileType string `json:"fileType"`
	Done     int    `json:"itemsDone,string"`
}

// begin posts what begins an operation.
func (s *service) begin(path, key, kind string, body []byte) operation {
	s.t.Helper()
	r := request{method: http.MethodPost, path: path, key: key, body: body, header: map[string]string{"Content-Type": kind}}
	var o operation
	if a := s.send(r); !a.ok() || json.Unmarshal(a.body, &o) != nil {
		s.t.Fatalf("%s: %v", path, a)
	}
	return o
}

// exports begins an export of orders as XLSX.
func (s *service) exports(key string) operation {
	return s.begin("/v1/workOrders:export", key, "application/json", []byte(`{"format":"XLSX"}`))
}

// finished waits until an operation has ended.
func (s *service) finished(o operation) operation {
	s.t.Helper()
	eventually(s.t, 2*time.Minute, "the end of "+o.ID, func() bool {
		a := s.send(request{method: http.MethodGet, path: "/v1/operations/" + o.ID})
		return a.ok() && json.Unmarshal(a.body, &o) == nil && o.State != "RUNNING"
	})
	return o
}

// packers are the processes that a process has started to pack, once they are that program: what it starts for a moment besides, to see
// what its kernel can do, is none.
func packers(of int) (out []int) {
	files, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", of)) // none where the kernel does not tell
	for _, f := range files {
		text, _ := os.ReadFile(f) // the thread may be gone
		for _, word := range strings.Fields(string(text)) {
			line, _ := os.ReadFile("/proc/" + word + "/cmdline") // it may be gone
			if pid, err := strconv.Atoi(word); err == nil && bytes.Contains(line, []byte("\x00pack\x00")) {
				out = append(out, pid)
			}
		}
	}
	return out
}

// TestOutOfMemory takes the memory away from exports while orders are imported and reminders fall due (R-D4): first by a limit that
// no export fits in, which needs no privileges and holds for its process alone, and then by SIGKILL, as the kernel does when a
// cgroup or the machine has none left. Each time the service lives on, every tenant is reminded, once, an alarm from another process
// names the cause, and what was killed is done again by itself.
func TestOutOfMemory(t *testing.T) {
	t.Parallel()
	k, d, dir := newSink(t), newDog(t), t.TempDir()
	flags := []string{"--notify-url", k.URL, "--heartbeat-url", d.url}
	rounds := count(1, 10, "FETTLE_TORTURE_CYCLES")
	var leases []string
	if !raceEnabled { // the shadow memory of the race detector fits in no limit
		s := start(t, dir, append(flags, "--worker-memory", "96")...)
		began := time.Now()
		importing := s.begin("/v1/workOrders:import", "import", "text/csv", table(200))
		var exports []operation
		for i := range 3 {
			exports = append(exports, s.exports(fmt.Sprintf("export-limit-%d", i)))
			leases = append(leases, remindable(s, fmt.Sprintf("limit-%d", i), 10)...)
		}
		for _, o := range exports {
			if o = s.finished(o); o.State != "FAILED" || !strings.Contains(o.Problem, "OUT_OF_MEMORY") {
				t.Errorf("NOT NAMED: an export without memory ended as %s: %q", o.State, o.Problem)
			}
		}
		if t.Failed() {
			t.FailNow()
		}
		d.hears("OUT_OF_MEMORY", "FIRING")
		t.Logf("the watchdog named it within %v of the first export", time.Since(began).Round(100*time.Millisecond))
		if o := s.finished(importing); o.State != "SUCCEEDED" || o.Done != 200 {
			t.Errorf("the import beside it ended as %s with %d of 200: %s", o.State, o.Done, o.Problem)
		}
		if n := metric(s, "fettle_workers_out_of_memory_total"); n < 9 {
			t.Errorf("NOT COUNTED: %v workers ran out of memory, want 3 for each of 3 exports", n)
		}
		s.alive()
		s.kill()
	}
	s := start(t, dir, append(flags, "--worker-memory", "0")...)
	if !raceEnabled {
		d.hears("OUT_OF_MEMORY", "RESOLVED")
	}
	s.finished(s.begin("/v1/workOrders:import", "more", "text/csv", table(500)))
	for round := range rounds {
		leases = append(leases, remindable(s, fmt.Sprintf("kill-%d", round), 10)...)
		o := s.killWorker(round)
		killed := time.Now()
		if o = s.finished(o); o.State != "SUCCEEDED" || !strings.Contains(o.FileType, "spreadsheet") {
			t.Errorf("NOT DONE AGAIN: an export whose process was killed ended as %s: %s", o.State, o.Problem)
		}
		t.Logf("done again %v after the kill", time.Since(killed).Round(10*time.Millisecond))
	}
	d.hears("OUT_OF_MEMORY", "FIRING")
	eventually(t, 2*time.Minute, "each tenant is reminded", func() bool { return len(k.missing("lease.intent_survey", leases)) == 0 })
	k.judge(t, 1)
	s.alive()
}

// killWorker begins exports until it could kill the process of one in its midst, and returns that.
func (s *service) killWorker(round int) operation {
	s.t.Helper()
	for try := range 50 {
		o := s.exports(fmt.Sprintf("export-%d-%d", round, try))
		for o.State == "RUNNING" {
			for _, pid := range packers(s.cmd.Process.Pid) {
				if syscall.Kill(pid, syscall.SIGKILL) == nil {
					return o
				}
			}
			a := s.send(request{method: http.MethodGet, path: "/v1/operations/" + o.ID})
			if !a.ok() || json.Unmarshal(a.body, &o) != nil {
				s.t.Fatalf("operation %s: %v", o.ID, a)
			}
		}
	}
	s.t.Fatal("NOT IN A PROCESS OF ITS OWN: 50 exports ended, and no process of one was seen")
	return operation{}
}

// table is orders as CSV.
func table(n int) []byte { return tableOf(n, 500) }

// tableOf is orders as CSV, with so many bytes of text each.
func tableOf(n, text int) []byte {
	var b bytes.Buffer
	b.WriteString("description,latitude,longitude\n")
	for i := range n {
		fmt.Fprintf(&b, "tap %d drips %s,30.2,120.2\n", i, strings.Repeat("and drips ", text/10))
	}
	return b.Bytes()
}

// remindable records leases whose first reminder is due, and returns their ids.
func remindable(s *service, key string, n int) (ids []string) {
	s.t.Helper()
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		s.t.Fatal(err)
	}
	today := time.Now().In(zone)
	body := fmt.Sprintf(`{"tenantId":"te_1","unitId":"un_1","startDate":%q,"endDate":%q}`,
		today.AddDate(-1, 0, 0).Format(time.DateOnly), today.AddDate(0, 0, 50).Format(time.DateOnly))
	for i := range n {
		a := s.send(request{method: http.MethodPost, path: "/v1/leases?signed=true", key: fmt.Sprintf("%s-%d", key, i), body: []byte(body)})
		var l struct {
			ID string `json:"id"`
		}
		if !a.ok() || json.Unmarshal(a.body, &l) != nil {
			s.t.Fatalf("lease: %v", a)
		}
		ids = append(ids, l.ID)
	}
	return ids
}

// metric is a counter without labels.
func metric(s *service, name string) float64 {
	s.t.Helper()
	status, body, err := s.get(s.admin + "/metrics")
	if err != nil || status != http.StatusOK {
		s.t.Fatalf("metrics: status %d, %v", status, err)
	}
	for line := range strings.Lines(string(body)) {
		if rest, ok := strings.CutPrefix(line, name+" "); ok {
			n, err := strconv.ParseFloat(strings.TrimSpace(rest), 64)
			if err != nil {
				s.t.Fatal(err)
			}
			return n
		}
	}
	s.t.Fatalf("no metric %s", name)
	return 0
}
