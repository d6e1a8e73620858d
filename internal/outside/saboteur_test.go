package outside

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// edit replaces a piece of a source file that is there exactly once.
type edit struct{ file, old, new string }

// saboteur is a program with one promise broken, and the test that must notice.
type saboteur struct {
	name  string
	edits []edit
	test  string
	says  string // in the words of the failure
}

func saboteurs() []saboteur {
	return append(slices.Concat(lateSaboteurs(), reorderSaboteurs(), reportSaboteurs(), contactSaboteurs(), pinSaboteurs()), []saboteur{
		{
			"lets calls wait for as long as the database does",
			[]edit{
				{"internal/gateway/gate.go", "if p.Deadline > 0 {", "if p.Deadline > time.Hour {"},
				{"storage/postgres/commit.go", "answerLimit = 4 * time.Second", "answerLimit = 5 * time.Minute"},
				{"storage/postgres/commit.go", "turnLimit = 1500 * time.Millisecond", "turnLimit = 5 * time.Minute"},
				{"internal/territory/writer.go", "if t.stuck() && l.take() {", "if false && l.take() {"},
			},
			"TestDatabaseSlow", "TOO LATE",
		},
		{
			"lets calls wait for as long as nothing comes back",
			[]edit{
				{"internal/gateway/gate.go", "if p.Deadline > 0 {", "if p.Deadline > time.Hour {"},
				{"storage/postgres/commit.go", "answerLimit = 4 * time.Second", "answerLimit = 5 * time.Minute"},
				{"storage/postgres/commit.go", "turnLimit = 1500 * time.Millisecond", "turnLimit = 5 * time.Minute"},
				{"internal/territory/writer.go", "if t.stuck() && l.take() {", "if false && l.take() {"},
			},
			"TestDatabaseOutOfReach", "TOO LATE|readyz says 503|orders are created again",
		},
		{
			"waits for a lock as long as another process has it",
			[]edit{
				{"storage/sqlite/sqlite.go", "busy_timeout(2000)", "busy_timeout(20000)"},
				{"internal/territory/writer.go", "if t.stuck() && l.take() {", "if false && l.take() {"},
			},
			"TestLocksHeld", "TOO LATE",
		},
		{
			"waits for a lock as long as another session has it",
			[]edit{
				{"storage/postgres/commit.go", "lockLimit = 1500 * time.Millisecond", "lockLimit = 20 * time.Second"},
				{"storage/postgres/commit.go", "answerLimit = 4 * time.Second", "answerLimit = 5 * time.Minute"},
			},
			"TestLocksHeldInPostgres", "TOO LATE",
		},
		{
			"lets those who wait behind a lock meet it themselves",
			[]edit{
				{"storage/postgres/commit.go", "lockLimit = 1500 * time.Millisecond", "lockLimit = 4 * time.Second"},
				{"internal/territory/writer.go", "if t.stuck() && l.take() {", "if false && l.take() {"},
				{"internal/territory/territory.go", "asked != 0 && machine", "asked < 0 && machine"},
				{"internal/territory/writer.go", "		t.drain(ctx, nil) // who came", "		// who came"},
			},
			"TestLocksHeldInPostgres", "TOO LATE",
		},
		{
			"claims a reminder and forgets its message",
			[]edit{{"internal/leasing/sweep.go", "c.DueSet = append(c.DueSet, work...)", "c.DueSet = append(c.DueSet, work[:0]...)"}},
			"TestRemindersSurviveKills", "were not reminded",
		},
		{
			"sends what has just fallen due, and nothing that was missed",
			append(shifts(), edit{
				"storage/internal/row/due.go", "strconv.Itoa(int(rank))+` AND dead_at IS NULL AND `+wake+` <= $2",
				"strconv.Itoa(int(rank))+` AND dead_at IS NULL AND due_at > $2 - 86400000000 AND `+wake+` <= $2",
			}),
			"TestOutage", "UNACCOUNTED",
		},
		{
			"sends what has just fallen due, and nothing that was missed, from PostgreSQL",
			append(shifts(), edit{
				"storage/internal/row/due.go", "strconv.Itoa(int(rank))+\n\t\t\t` AND dead_at IS NULL AND `+wake+` <= $2",
				"strconv.Itoa(int(rank))+\n\t\t\t` AND dead_at IS NULL AND due_at > $2 - 86400000000 AND `+wake+` <= $2",
			}),
			"TestOutageBesidePostgres", "UNACCOUNTED",
		},
		{
			"counts days in the zone of the machine",
			append(shifts(), edit{"internal/app/app.go", `zone, err := time.LoadLocation("Asia/Shanghai")`, "zone, err := time.Local, error(nil)"}),
			"TestOutage", "UNACCOUNTED",
		},
		{
			"sleeps until what it knows of is due",
			append(shifts(), edit{"internal/due/due.go", "c.Every = cmp.Or(c.Every, time.Second)", "c.Every = 24 * time.Hour"}),
			"TestClockJumps", "UNACCOUNTED",
		},
		{
			"beats whatever its sweeps come to",
			[]edit{{"internal/app/due.go", "whole := r.Err == nil", "whole := true || r.Err == nil"}},
			"TestWatchdogHearsAStuckService", "NOT NOTICED",
		},
		{
			"holds a file until it is read",
			[]edit{{"internal/operationserver/server.go", "if wire.GiveFile(ctx, ", "if false && wire.GiveFile(ctx, "}},
			"TestSlowFileReaders", "TOO HEAVY",
		},
		{
			"writes to whichever primary it finds, wherever its log ends",
			[]edit{
				{"storage/postgres/leader.go", "if now < seen {", "if false {"},
				{"storage/postgres/migrations/00006_checks_by_statement.sql", "WHERE org = rows.org AND last = rows.first - 1;", "WHERE org = rows.org;"},
			},
			"TestFailover", "NOT REJECTED",
		},
		{
			"forgets messages of leases that go on",
			append(shifts(), edit{"internal/leasing/over.go", "return k.Value.State.Closed() || known && ", "return true || k.Value.State.Closed() || known && "}),
			"TestOldMessagesGo", "FORGOTTEN|SENT AGAIN|UNACCOUNTED",
		},
		{
			"packs exports in its own memory",
			[]edit{{"internal/app/operations.go", "Worker: operation.Worker{Command: a.cfg.Worker,", "Worker: operation.Worker{Command: a.cfg.Worker[:0],"}},
			"TestOutOfMemory", "NOT NAMED|NOT IN A PROCESS",
		},
		{
			"takes a worker that was killed for one that failed",
			[]edit{{"internal/operation/worker.go", "if starved(err, said.String()) {", "if false && starved(err, said.String()) {"}},
			"TestOutOfMemory", "NOT NAMED|NOT NOTICED|the end of op_",
		},
		{
			"says nothing of memory to its watchdog",
			[]edit{{"internal/app/due.go", "beat.OutOfMemory, _ = a.operations.OutOfMemory()", "_, _ = a.operations.OutOfMemory()"}},
			"TestOutOfMemory", "NOT NOTICED",
		},
		{
			"writes for an org that another process leads",
			[]edit{{"storage/postgres/commit.go", "set_config('fettle.org', $1, true), fettle_fence($1, $2)", "set_config('fettle.org', $1, true), $2::bigint"}},
			"TestPausedProcessIsFenced", "NOT FENCED|answered",
		},
		{
			"is patient with a service that is silent",
			[]edit{{"internal/watchdog/watchdog.go", "quiet > w.c.Silence {", "quiet > 1000*w.c.Silence {"}},
			"TestWatchdogHearsSilence", "no FIRING within",
		},
		{
			"backs up all orders but one",
			[]edit{{
				"storage/sqlite/archive.go", "	for rows.Next() {\n		if err := rows.Scan(to...); err != nil {\n",
				"	for first := t.Name == \"work_orders\"; rows.Next(); first = false {\n		if first {\n			continue\n		}\n		if err := rows.Scan(to...); err != nil {\n",
			}},
			"TestBackupUnderLoad", "LOST",
		},
		{
			"keeps what it has settled",
			[]edit{{
				"storage/internal/row/due.go", "`DELETE FROM due_work WHERE org = $1 AND kind = $2 AND key = $3 AND claim = $4`",
				"`UPDATE due_work SET claim = '', claim_until = NULL, wake_at = due_at + 600000000 WHERE org = $1 AND kind = $2 AND key = $3 AND claim = $4`",
			}, {"internal/notify/desk.go", "r.Version == 0 || r.State == Due", "r.Version < 1_000_000 || r.State == Due"}},
			"TestBackupUnderLoad", "SENT AGAIN",
		},
		{
			"takes no schema but its own",
			[]edit{{"storage/internal/row/compatible.go", "known >= lowest", "known >= have"}},
			"TestUpgradeAndBack", "does not start",
		},
		{
			"takes any schema",
			[]edit{{"storage/internal/row/compatible.go", "known >= lowest", "known > 0"}},
			"TestUpgradeAndBack", "NOT REFUSED",
		},
		{
			"takes files as they are",
			[]edit{{"storage/whole/whole.go", "case changed != changedNow:", "case changed > 0:"}},
			"TestDecayedFiles", "NOT DETECTED",
		},
		{
			"answers before the commit",
			[]edit{{
				"internal/territory/writer.go", "	err := w.commit()\n",
				"	for i := range batch {\n		if batch[i].look == nil {\n			batch[i].reply <- w.replies[i]\n		}\n	}\n	err := w.commit()\n",
			}},
			"TestKilledUnderLoad", "LOST",
		},
		{
			"commits without events",
			[]edit{{"storage/internal/row/batch.go", "for i := range b.Events {", "for i := range b.Events[:0] {"}},
			"TestKilledUnderLoad", "HALF APPLIED",
		},
		{
			"leaves the log of a crash as it is",
			[]edit{{"storage/sqlite/checkpoint.go", "c.ask <- struct{}{} // what a crash", "// what a crash"}},
			"TestKilledUnderLoad", "log to redo after",
		},
		{
			"does not flush",
			[]edit{
				{"storage/sqlite/sqlite.go", "synchronous(FULL)", "synchronous(OFF)"},
				{"storage/sqlite/writer.go", "level < 2", "level < 0"},
			},
			"TestPowerCut", "LOST",
		},
		{
			"never heals",
			[]edit{{"internal/territory/health.go", "t.cfg.Store.Probe(ctx); err != nil {", "t.cfg.Store.Probe(ctx); err != nil || h != nil {"}},
			"TestDiskFull", "not within",
		},
		{
			"acknowledges what a full disk refused",
			[]edit{{
				"internal/territory/writer.go", "else if err != nil && w.replies[i].err == nil {",
				"else if err != nil && w.replies[i].err == nil && !errors.Is(err, engine.ErrFull) {",
			}},
			"TestDiskFull", "LOST",
		},
		{
			"forgets keys",
			[]edit{{"internal/territory/writer.go", "b.Keys, b.Audit = w.keys,", "b.Keys, b.Audit = w.keys[:0],"}},
			"TestOneKeyOneOrder", "sent again|DOUBLED|key key-",
		},
		{
			"takes a key for another request",
			[]edit{{"internal/territory/writer.go", "found.Method != k.Method || found.Hash != k.Hash", "found.Key != k.Key"}},
			"TestKeyBelongsToItsRequest", "IDEMPOTENCY_KEY_REUSED",
		},
		{
			"ignores etags of verbs",
			[]edit{{"internal/server/verbs.go", "IfVersion: version,", "IfVersion: version - version,"}},
			"TestRaces", "winners, want 1",
		},
		{
			"leaves it to the schema that a technician is in one place",
			[]edit{{"dispatch/engine/work.go", `t.Current != "" && t.Current != o.ID {`, `t.Current == "nowhere" {`}},
			"TestRaces", "want 200, 409 or 412",
		},
		{
			"sends one technician to many orders",
			[]edit{
				{"dispatch/engine/work.go", `t.Current != "" && t.Current != o.ID {`, `t.Current == "nowhere" {`},
				{"storage/sqlite/migrations/00001_dispatch.sql", "CREATE UNIQUE INDEX work_orders_one_started", "CREATE INDEX work_orders_one_started"},
			},
			"TestRaces", "DOUBLE ASSIGNMENT|winners of",
		},
		{
			"validates nothing",
			[]edit{{"internal/wire/validate.go", "err := protovalidate.Validate(m)", "err := error(nil)"}},
			"TestBadBodies|TestRefusals", "want 400",
		},
		{
			"reads bodies of any size",
			[]edit{{"internal/gateway/body.go", "	if r.ContentLength > int64(limit) {", "	limit = 1 << 40\n	if r.ContentLength > int64(limit) {"}},
			"TestOversized", "want 413",
		},
		{
			"panics on some input",
			[]edit{{"internal/wire/workorder.go", "	var err error\n	if w.Location, err =", "	var err error\n	_ = []string{}[in.GetPriority()/100]\n	if w.Location, err ="}},
			"TestMutatedRequests", "INTERNAL",
		},
		{
			"loses an event for watchers",
			[]edit{{"internal/gateway/sse.go", "if s.query.wants(string(e.Event.Type)) {", "if s.query.wants(string(e.Event.Type)) && (e.Event.Sequence+1)%97 != 0 {"}},
			"TestSlowWatchers", "event |every reader",
		},
		{
			"leaks a goroutine with each stream",
			[]edit{{"internal/gateway/sse.go", "	defer s.watch.Close()\n", "	defer s.watch.Close()\n	go func() { select {} }()\n"}},
			"TestSlowWatchers", "goroutines",
		},
		{
			"watches over streams that have ended",
			[]edit{{"internal/gateway/stream.go", "go g.watchOver(ctx, revoke,", "go g.watchOver(context.WithoutCancel(ctx), revoke,"}},
			"TestNothingIsLeftOfWhoLeaves", "LEAK",
		},
		{
			"cuts what it has begun when it is told to stop",
			[]edit{{"internal/app/listen.go", "err := l.server.Shutdown(ctx)", "err := l.server.Close()"}},
			"TestStopUnderLoad", "half sent|not answered",
		},
		{
			"stops without a word",
			[]edit{{"internal/app/app.go", "notice = 200 * time.Millisecond", "notice = 0 * time.Millisecond"}},
			"TestStopUnderLoad", "did not say 503",
		},
		{
			"waits for slow heads",
			[]edit{{"internal/gateway/listen.go", "ReadHeaderTimeout: headTime,", "ReadHeaderTimeout: 60 * headTime,"}},
			"TestSlowLoris", "still open",
		},
		{
			"unpacks whatever it is sent",
			[]edit{{"internal/adapter/spreadsheet/read.go", "if err := unpack(body, len(columns), l); err != nil {", "if err := unpack(body, len(columns), l); false && err != nil {"}},
			"TestBombs", "TOO HEAVY|TOO LONG|want [",
		},
		{
			"makes room for whatever a picture says",
			[]edit{
				{"intake/media/photo.go", "takes > room {", "takes > 1000*room {"},
				{"intake/media/photo.go", "c.Width > room/c.Height {", "c.Width > 1000*room/c.Height {"},
			},
			"TestBombs", "TOO HEAVY|want [",
		},
		{
			"keeps pictures as they come",
			[]edit{{"intake/media/photo.go", "return b.Bytes(), Info{", "return data, Info{"}},
			"TestNothingIsServedButThePicture", "NOT CLEAN",
		},
		{
			"lets browsers guess what a file is",
			[]edit{{"internal/gateway/headers.go", `h.Set("X-Content-Type-Options", "nosniff")`, `h.Del("X-Content-Type-Options")`}},
			"TestNothingIsServedButThePicture", "NOT CLEAN",
		},
		{
			"follows links out of a folder",
			[]edit{
				{"internal/folder/folder.go", "info, err := dir.Stat(name)", `info, err := os.Stat(f.c.Dir + "/" + name)`},
				{"internal/folder/folder.go", "file, err := dir.Open(name)", `file, err := os.Open(f.c.Dir + "/" + name)`},
			},
			"TestBombsInAFolder", "OUTSIDE",
		},
		{
			"serves files of a folder by their names",
			[]edit{
				{"internal/gateway/rest.go", "import (\n", "import (\n\t\"os\"\n"},
				{"internal/gateway/rest.go", "	case p == nil:\n", "	case p == nil:\n		if data, err := os.ReadFile(\"/etc/\" + r.URL.Path[len(\"/v1/\"):]); err == nil {\n			_, _ = w.Write(data)\n			return\n		}\n"},
			},
			"TestPathTraversal", "OUTSIDE",
		},
		{
			"believes in positions that jump",
			[]edit{{"internal/territory/desk.go", `return "TELEPORT"`, `return ""`}},
			"TestPositions", "rejected",
		},
		{
			"takes heads of any size",
			[]edit{{"internal/gateway/listen.go", "MaxHeaderBytes: policy.MaxHeaderBytes", "MaxHeaderBytes: policy.MaxHeaderBytes << 16"}},
			"TestHTTP2Abuse", "a head of any size was taken",
		},
		{
			"takes text for SQL",
			[]edit{{
				"storage/internal/row/reader.go", "ScanOrder, QueryOrder, string(o), string(id))",
				"ScanOrder, `SELECT `+OrderColumns+` FROM work_orders WHERE org = $1 AND id = '`+string(id)+`'`, string(o))",
			}},
			"TestInjection", "/v1/workOrders/",
		},
	}...)
}

// TestEachCheckGoesRed breaks one promise after the other in a build of its own and wants the test of that promise to fail in
// the words that name it: a check that nothing turns red shows nothing. It runs in make torture.
func TestEachCheckGoesRed(t *testing.T) {
	if !full() || os.Getenv("FETTLE_OUTSIDE_BINARY") != "" {
		t.Log("runs in make torture: FETTLE_TORTURE=full")
		return
	}
	for _, c := range saboteurs() {
		t.Run(c.name, func(t *testing.T) {
			program := filepath.Join(t.TempDir(), "fettle")
			if err := build(t.Context(), program, "-overlay", overlay(t, c.edits)); err != nil {
				t.Fatal(err)
			}
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^("+c.test+")$", "-test.count=1", "-test.timeout=10m")
			cmd.Env = append(os.Environ(), "FETTLE_OUTSIDE_BINARY="+program, "FETTLE_TORTURE=", "FETTLE_TORTURE_CUTS=20")
			out, err := cmd.CombinedOutput()
			if err == nil {
				t.Fatalf("%s stays green with a service that %s:\n%s", c.test, c.name, out)
			}
			for line := range strings.Lines(string(out)) {
				if strings.Contains(line, "_test.go") && mentions(line, c.says) {
					t.Logf("red: %.300s", strings.TrimSpace(line))
					return
				}
			}
			t.Errorf("%s is red, and no line of it says %s:\n%s", c.test, c.says, out)
		})
	}
}

// TestSaboteursHaveTheirPlaces keeps the edits of saboteurs in step with the source.
func TestSaboteursHaveTheirPlaces(t *testing.T) {
	t.Parallel()
	for _, c := range saboteurs() {
		t.Run(c.name, func(t *testing.T) { overlay(t, c.edits) })
	}
}

// mentions reports whether a line has one of the words.
func mentions(line, words string) bool {
	for word := range strings.SplitSeq(words, "|") {
		if strings.Contains(line, word) {
			return true
		}
	}
	return false
}

// overlay writes changed copies of source files and the file that tells go build of them.
func overlay(t *testing.T, edits []edit) string {
	t.Helper()
	root, err := moduleRoot()
	if err != nil {
		t.Fatal(err)
	}
	replace, dir := map[string]string{}, t.TempDir()
	for i, e := range edits {
		file := filepath.Join(root, filepath.FromSlash(e.file))
		from := file
		if changed, ok := replace[file]; ok {
			from = changed
		}
		text, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(string(text), e.old); n != 1 {
			t.Fatalf("%s has %q %d times, want once: the saboteur needs a new place", e.file, e.old, n)
		}
		to := filepath.Join(dir, fmt.Sprintf("%d%s", i, filepath.Ext(file)))
		if err := os.WriteFile(to, []byte(strings.Replace(string(text), e.old, e.new, 1)), 0o600); err != nil {
			t.Fatal(err)
		}
		replace[file] = to
	}
	out := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(out, encode(map[string]any{"Replace": replace}), 0o600); err != nil {
		t.Fatal(err)
	}
	return out
}
