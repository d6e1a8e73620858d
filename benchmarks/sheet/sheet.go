package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// figures are what is printed.
type figures struct {
	Leases           int     `json:"leases"`
	ImportSeconds    float64 `json:"importSeconds"` // of all, as lines without an id
	Rows             int     `json:"rows"`          // of the round trip
	OutSeconds       float64 `json:"outSeconds"`
	BackSeconds      float64 `json:"backSeconds"`
	RoundTripSeconds float64 `json:"roundTripSeconds"`
	RoundTripCPU     float64 `json:"roundTripProcessorSeconds"` // of the service and the export: what it takes on a machine that does nothing else
	ExportSeconds    float64 `json:"exportSeconds"`             // of all, in a process of its own
	ExportMiB        float64 `json:"exportMiB"`                 // most that this process held
	ServiceMiB       float64 `json:"serviceMiB"`                // that the service held at the end
}

// batch is how many lines go into one import.
const batch = 10_000

// service is one that was started, and how to talk to it.
type service struct {
	binary, dir, url, token string
	cmd                     *exec.Cmd
}

func run(ctx context.Context, binary string, leases, rows int) (err error) {
	s := &service{binary: binary}
	if s.dir, err = os.MkdirTemp("", "fettle-sheet-"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(s.dir)) }()
	if err := s.start(ctx); err != nil {
		return err
	}
	defer func() { _ = s.cmd.Process.Kill(); _ = s.cmd.Wait() }() // it ends with the measurement
	f := figures{Leases: leases, Rows: rows}
	began := time.Now()
	for done := 0; done < leases; done += batch {
		if err := s.load(ctx, done, min(batch, leases-done), rows); err != nil {
			return err
		}
	}
	f.ImportSeconds = time.Since(began).Seconds()
	if err := s.roundTrip(ctx, &f); err != nil {
		return err
	}
	began = time.Now()
	most, err := s.export(ctx, filepath.Join(s.dir, "all.xlsx"))
	if err != nil {
		return err
	}
	f.ExportSeconds, f.ExportMiB, f.ServiceMiB = time.Since(began).Seconds(), most, s.resident()
	return json.NewEncoder(os.Stdout).Encode(f)
}

// start runs a service until it is ready.
func (s *service) start(ctx context.Context) error {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	address := l.Addr().String()
	if err := l.Close(); err != nil {
		return err
	}
	s.url = "http://" + address
	s.cmd = exec.CommandContext(ctx, s.binary, "serve", "--data", s.dir, "--listen", address)
	if err := s.cmd.Start(); err != nil {
		return err
	}
	for range 600 {
		time.Sleep(50 * time.Millisecond) // between two looks at whether it is there
		if res, err := http.Get(s.url + "/readyz"); err == nil {
			_ = res.Body.Close() // the status says all
			if res.StatusCode == http.StatusOK {
				token, err := os.ReadFile(filepath.Join(s.dir, "admin.token"))
				s.token = strings.TrimSpace(string(token))
				return err
			}
		}
	}
	return errors.New("the service is not ready after 30 s")
}

// load makes leases of the lines of a CSV. Those of the round trip end within a year, the others later.
func (s *service) load(ctx context.Context, from, n, rows int) error {
	var b bytes.Buffer
	fmt.Fprintln(&b, "id,unitId,tenantId,state,startDate,endDate,rent,note")
	for i := from; i < from+n; i++ {
		end := time.Now().AddDate(0, 0, 100+i%200)
		if i >= rows {
			end = end.AddDate(2, 0, i%700)
		}
		fmt.Fprintf(&b, ",un_%d,te_%d,ACTIVE,2026-01-01,%s,%d.00,note %d\n", i, i, end.Format(time.DateOnly), 3000+i%2000, i)
	}
	got, err := s.post(ctx, b.Bytes(), "load-"+strconv.Itoa(from))
	if err == nil && got.Created != n {
		err = fmt.Errorf("%d of %d lines became leases", got.Created, n)
	}
	return err
}

// imported is what the service says of a file.
type imported struct {
	Created   int `json:"createdCount"`
	Unchanged int `json:"unchangedCount"`
}

func (s *service) post(ctx context.Context, file []byte, key string) (out imported, err error) {
	body, err := json.Marshal(map[string]any{"content": base64.StdEncoding.EncodeToString(file), "fileName": key})
	if err != nil {
		return out, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url+"/v1/leases:import", bytes.NewReader(body))
	if err != nil {
		return out, err
	}
	req.Header.Set("Authorization", "Bearer "+s.token)
	req.Header.Set("Idempotency-Key", key)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return out, err
	}
	defer res.Body.Close() //nolint:errcheck // read to its end
	data, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("import: %s: %.300s", res.Status, data)
	}
	if err != nil {
		return out, err
	}
	return out, json.Unmarshal(data, &out)
}

// roundTrip lets the leases that end within a year go out and come back.
func (s *service) roundTrip(ctx context.Context, f *figures) error {
	file := filepath.Join(s.dir, "some.xlsx")
	began, cpu := time.Now(), s.cpu()+children()
	if _, err := s.export(ctx, file, "--ending-before", time.Now().AddDate(1, 0, 0).Format(time.DateOnly)); err != nil {
		return err
	}
	f.OutSeconds = time.Since(began).Seconds()
	body, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	back := time.Now()
	got, err := s.post(ctx, body, "back")
	if err == nil && got.Unchanged != f.Rows {
		err = fmt.Errorf("%d of %d rows came back as they were", got.Unchanged, f.Rows)
	}
	f.BackSeconds, f.RoundTripSeconds = time.Since(back).Seconds(), time.Since(began).Seconds()
	f.RoundTripCPU = s.cpu() + children() - cpu
	return err
}

// children is the processor time of the exports so far, in seconds.
func children() float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_CHILDREN, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()).Seconds()
}

// cpu is the processor time of the service so far, in seconds; 0 where the system does not say.
func (s *service) cpu() float64 {
	data, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.cmd.Process.Pid)) // 0 says that it cannot be read
	_, rest, _ := strings.Cut(string(data), ") ")
	fields := strings.Fields(rest)
	const user, system, hertz = 11, 12, 100
	if len(fields) <= system {
		return 0
	}
	u, _ := strconv.ParseFloat(fields[user], 64)
	k, _ := strconv.ParseFloat(fields[system], 64)
	return (u + k) / hertz
}

// export exports in a process of its own and returns the most memory that it held, in MiB.
func (s *service) export(ctx context.Context, to string, more ...string) (float64, error) {
	args := append([]string{"work", "--role", "export", "--server", s.url, "--token-file", filepath.Join(s.dir, "admin.token"), "-o", to}, more...)
	cmd := exec.CommandContext(ctx, s.binary, args...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return 0, fmt.Errorf("export: %w: %s", err, out)
	}
	usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0, errors.New("this system does not say what memory a process took")
	}
	return float64(usage.Maxrss) / 1024, nil
}

// resident is the memory of the service in MiB; 0 where the system does not say.
func (s *service) resident() float64 {
	data, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid)) // 0 says that it cannot be read
	for line := range strings.Lines(string(data)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kb, _ := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			return kb / 1024
		}
	}
	return 0
}
