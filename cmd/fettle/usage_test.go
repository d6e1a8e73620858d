package main

import (
	"runtime"
	"strings"
	"testing"
)

func TestUsage(t *testing.T) {
	t.Parallel()
	spoiled := write(t, "spoiled.txt", strings.Replace(three, "  2         30", "  2         x", 1))
	for _, c := range []struct {
		name string
		args []string
		want string // the whole of stderr
	}{
		{"no command", nil, `fettle: expected one of "solve", "serve", "demo", "assign", "check", ... (see "fettle --help")`},
		{"unknown command", []string{"fly"}, `fettle: unexpected argument fly (see "fettle --help")`},
		{"unknown flag", []string{"solve", "--no-such-flag"}, `fettle: unknown flag --no-such-flag (see "fettle solve --help")`},
		{
			"unknown format",
			[]string{"solve", "x", "--format", "pdf"},
			`fettle: --format must be one of "auto","fettle","vroom","solomon","vrplib","pragmatic","trsp","dispatch","mdvrptw","euro","hhcrsp" but got "pdf" (see "fettle solve --help")`,
		},
		{"negative time", []string{"solve", "x", "--time=-1s"}, "fettle: --time is -1s: want a time above 0"},
		{"negative iterations", []string{"solve", "x", "--iterations=-1"}, "fettle: --iterations is -1: want a number above 0"},
		{"negative threads", []string{"solve", "x", "--threads=-2"}, "fettle: --threads is -2: want a number, or 0 for one thread for each processor"},
		{"file is not there", []string{"solve", "nowhere.json"}, "fettle: open nowhere.json: no such file or directory"},
		{
			"folder of the answer is not there",
			[]string{"solve", fieldDay, "-o", "no/where/plan.json"},
			"fettle: --out no/where/plan.json: open no/where/.plan.json.*.tmp: no such file or directory",
		},
		{"malformed file", []string{"solve", spoiled}, "fettle: " + spoiled + `:5: capacity: is "x", want a whole number between 0 and 1073741823`},
		{"malformed file of check", []string{"check", spoiled, "x"}, "fettle: " + spoiled + `:5: capacity: is "x", want a whole number between 0 and 1073741823`},
		{"two standard inputs", []string{"check", "-", "-"}, "fettle: check: only one of PROBLEM and SOLUTION can be the standard input"},
		{"seeds", []string{"bench", "index", "--seeds", "x"}, `fettle: --seeds is "x": want how many, or the seeds separated by commas`},
		{"no seeds", []string{"bench", "index", "--seeds", "0"}, "fettle: --seeds is 0: want 1 to 1000"},
		{"negative budget", []string{"bench", "index", "--time=-1s"}, "fettle: bench: --time, --iterations and --threads cannot be negative"},
		{"no folder of instances", []string{"bench", "solomon"}, "fettle: family solomon: its instances are not part of fettle: name the folder that holds them"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := fettle(t, c.args...).wantStatus(t, exitUsage)
			if !like(r.stderr, c.want+"\n") {
				t.Errorf("stderr %q\nwant   %q", r.stderr, c.want+"\n")
			}
			if r.stdout != "" {
				t.Errorf("stdout %q, want nothing", r.stdout)
			}
		})
	}
}

// like compares with a text in which one * stands for anything.
func like(got, want string) bool {
	head, tail, star := strings.Cut(want, "*")
	if !star || strings.Contains(tail, "*") {
		return got == want
	}
	return strings.HasPrefix(got, head) && strings.HasSuffix(got, tail) && len(got) >= len(head)+len(tail)
}

func TestHelp(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"--help"}, {"solve", "--help"}, {"assign", "-h"}, {"check", "--help"}, {"bench", "--help"}, {"version", "--help"}} {
		t.Run(strings.Join(args, " "), func(t *testing.T) {
			t.Parallel()
			r := fettle(t, args...).wantStatus(t, exitDone).wantSilent(t)
			if !strings.HasPrefix(r.stdout, "Usage: fettle ") {
				t.Errorf("stdout %q", r.stdout)
			}
		})
	}
	for command, want := range map[string]string{"solve": "Examples:", "assign": "dualBound", "check": "INFEASIBLE", "bench": "FETTLE_BENCH_DIR"} {
		if help := fettle(t, command, "--help").stdout; !strings.Contains(help, want) {
			t.Errorf("help of %s does not speak of %s", command, want)
		}
	}
}

func TestVersion(t *testing.T) {
	t.Parallel()
	r := fettle(t, "version").wantStatus(t, exitDone).wantSilent(t)
	if !strings.HasPrefix(r.stdout, "fettle ") || !strings.Contains(r.stdout, runtime.Version()) || strings.Count(r.stdout, "\n") != 1 {
		t.Errorf("stdout %q", r.stdout)
	}
}

func TestFlagsWinOverEnvironmentOverFile(t *testing.T) {
	t.Parallel()
	problem := write(t, "three.txt", three)
	file := write(t, "config.json", `{"iterations": 32, "solve": {"seed": 21, "output": "json"}}`)
	plain := []string{"solve", problem, "--threads", "1"}
	for _, c := range []struct {
		name string
		call call
		want string
	}{
		{"file", call{args: append(plain, "--config", file)}, `"seed":21,"iterations":32`},
		{"file named by the environment", call{args: plain, env: []string{"FETTLE_CONFIG=" + file}}, `"seed":21,"iterations":32`},
		{"environment over file", call{args: append(plain, "--config", file), env: []string{"FETTLE_SEED=22"}}, `"seed":22,"iterations":32`},
		{"flag over both", call{args: append(plain, "--config", file, "--seed", "23"), env: []string{"FETTLE_SEED=22"}}, `"seed":23,"iterations":32`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := c.call.run(t).wantStatus(t, exitDone)
			if got := squeeze(r.stdout); !strings.Contains(got, c.want) {
				t.Errorf("plan %s\nwant %s in it", got, c.want)
			}
		})
	}
}

// squeeze takes blanks out of JSON without strings that have any.
func squeeze(s string) string { return strings.Join(strings.Fields(s), "") }

func TestWrongConfiguration(t *testing.T) {
	t.Parallel()
	problem := write(t, "three.txt", three)
	for _, c := range []struct{ name, content, want string }{
		{"unknown key", `{"colour": 3}`, "colour: there is no such flag"},
		{"unknown key of a command", `{"solve": {"colour": 3}}`, "solve.colour: there is no such flag"},
		{"not JSON", "{\n\"time\" 3}", "config.json:2: want a JSON object of flags and values"},
		{"list", `{"time": [3]}`, "time: want a string, a number, true or false"},
		{"deep", `{"solve": {"time": {"a": 1}}}`, "solve.time: want a string, a number, true or false"},
		{"wrong value", `{"threads": "many"}`, "--threads"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := fettle(t, "solve", problem, "--config", write(t, "config.json", c.content)).wantStatus(t, exitUsage)
			if !strings.Contains(r.stderr, c.want) || strings.Count(r.stderr, "\n") != 1 {
				t.Errorf("stderr %q, want %q in one line", r.stderr, c.want)
			}
		})
	}
}
