package main

import (
	"strings"
	"testing"
)

func TestConfigSaysWhereValuesComeFrom(t *testing.T) {
	t.Parallel()
	file := write(t, "fettle.json", `{"log-level": "warn", "quiet": true, "serve": {"log-level": "error"}}`)
	env := []string{"FETTLE_LISTEN=127.0.0.1:9000", "FETTLE_DB=postgres://fettle:hidden@127.0.0.1/fettle"} // no password of anybody
	out := call{args: []string{"--config", file, "config"}, env: env}.run(t).wantStatus(t, exitDone).stdout
	for _, want := range []string{
		"--listen 127.0.0.1:9000 environment FETTLE_LISTEN",
		"--log-level error " + file + " serve.log-level",
		"--quiet true " + file + " quiet",
		"--org-rate 2000 default",
		"--grpc not given",
		"--db postgres://fettle:xxxxx@127.0.0.1/fettle environment FETTLE_DB",
	} {
		if !strings.Contains(strings.Join(strings.Fields(out), " "), want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	if strings.Contains(out, "hidden") {
		t.Error("a password is shown")
	}
}

func TestConfigIsAFileForConfig(t *testing.T) {
	t.Parallel()
	out := fettle(t, "config", "forecast", "backtest", "--output", "json").wantStatus(t, exitDone).stdout
	file := write(t, "again.json", out)
	if again := fettle(t, "--config", file, "config", "forecast", "backtest", "--output", "json").wantStatus(t, exitDone).stdout; again != out {
		t.Errorf("read again it is\n%s\nnot\n%s", again, out)
	}
	r := fettle(t, "config", "fly").wantStatus(t, exitUsage)
	if want := `fettle: config: "fly" is no command that runs`; !strings.HasPrefix(r.stderr, want) {
		t.Errorf("stderr %q, want %q", r.stderr, want)
	}
}
