// Package ocr reads the text of pictures with Tesseract, a program of its own that people install beside this one. The picture goes in
// by a pipe, the words come back by another: nothing is written to disk. The program runs one at a time, with little memory, and is
// ended when it takes too long.
package ocr

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"fettle/rental/idcard"
)

// Program is the name of the program, looked for on the PATH.
const Program = "tesseract"

// Bounds of one run.
const (
	longest  = 15 * time.Second
	memoryKB = 1 << 20 // of its address space
	mostText = 1 << 20 // bytes of its answer
	patience = time.Second
)

// languages are the models that are asked for: simplified Chinese, and Latin digits and letters.
const languages = "chi_sim+eng"

// ErrMissing says that there is no program to read with. Its text says what to do.
var ErrMissing = errors.New("pictures cannot be read here: install Tesseract with its Chinese model (Debian: apt-get install tesseract-ocr " +
	"tesseract-ocr-chi-sim), or name the program with --ocr")

// ErrFailed says that the program did not read the picture.
var ErrFailed = errors.New("the picture could not be read")

// Reader reads pictures. Any goroutine may use it.
type Reader struct {
	program string
	turn    chan struct{} // held by who runs the program
	limit   time.Duration
}

// New makes a reader by a program: a name on the PATH or a path, Program for "". It is looked for at each reading, so that it may be
// installed later.
func New(program string) *Reader {
	if program == "" {
		program = Program
	}
	return &Reader{program: program, turn: make(chan struct{}, 1), limit: longest}
}

// Read reads the lines of a picture (JPEG or PNG), from the top. It waits for its turn. Its errors are ErrMissing, ErrFailed and
// those of the context.
func (r *Reader) Read(ctx context.Context, picture []byte) ([]idcard.Line, error) {
	path, err := exec.LookPath(r.program)
	if err != nil {
		return nil, ErrMissing
	}
	select {
	case r.turn <- struct{}{}:
		defer func() { <-r.turn }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	ctx, cancel := context.WithTimeout(ctx, r.limit)
	defer cancel()
	// The shell bounds the memory and becomes the program.
	cmd := exec.CommandContext(ctx, "sh", "-c", `ulimit -v "$0" && exec "$@"`, strconv.Itoa(memoryKB), //nolint:gosec // the operator names it
		path, "stdin", "stdout", "-l", languages, "--psm", "6", "tsv")
	cmd.Env = []string{"OMP_THREAD_LIMIT=1", "PATH=/usr/bin:/bin"}
	cmd.Stdin = bytes.NewReader(picture)
	out, said := &bounded{most: mostText}, &bounded{most: 1 << 10}
	cmd.Stdout, cmd.Stderr, cmd.WaitDelay = out, said, patience
	if err := cmd.Run(); err != nil {
		return nil, failure(ctx, err, said.String())
	}
	return parse(out.String()), nil
}

// failure says why a run failed, by what the program said first.
func failure(ctx context.Context, err error, said string) error {
	if strings.Contains(said, "loading language") || strings.Contains(said, "traineddata") {
		return ErrMissing // the program without the Chinese model
	}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return fmt.Errorf("%w within %s", ErrFailed, longest)
	}
	first, _, _ := strings.Cut(strings.TrimSpace(said), "\n")
	return fmt.Errorf("%w: %v: %.200s", ErrFailed, err, first) //nolint:errorlint // how it ended is for people
}

// bounded keeps the beginning of what is written to it, and no more.
type bounded struct {
	bytes.Buffer
	most int
}

// Write implements io.Writer.
func (b *bounded) Write(p []byte) (int, error) {
	b.Buffer.Write(p[:min(len(p), b.most-b.Len())])
	return len(p), nil
}

// The columns of a table of words.
const (
	levelAt      = 0
	blockAt      = 2
	lineAt       = 4
	confidenceAt = 10
	textAt       = 11
	wordLevel    = "5"
)

// parse joins the words of a table to lines. A line is as sure as its words are on average.
func parse(table string) (out []idcard.Line) {
	var last string
	var words, sum float64
	for row := range strings.Lines(table) {
		cells := strings.SplitN(strings.TrimRight(row, "\r\n"), "\t", textAt+1)
		if len(cells) <= textAt || cells[levelAt] != wordLevel || strings.TrimSpace(cells[textAt]) == "" {
			continue
		}
		confidence, err := strconv.ParseFloat(cells[confidenceAt], 64)
		if err != nil || math.IsNaN(confidence) {
			continue
		}
		if place := strings.Join(cells[blockAt:lineAt+1], " "); place != last || len(out) == 0 {
			last, words, sum = place, 0, 0
			out = append(out, idcard.Line{})
		}
		l := &out[len(out)-1]
		words++
		sum += min(max(confidence/100, 0), 1)
		l.Text += " " + cells[textAt]
		l.Confidence = sum / words
	}
	return out
}
