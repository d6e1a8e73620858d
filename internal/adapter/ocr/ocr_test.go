package ocr

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"

	"fettle/rental/idcard"
)

// program writes a shell script that stands for Tesseract. Another process writes it: a file that this one has open for writing
// while a parallel test forks could not be run.
func program(t *testing.T, script string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "reader")
	cmd := exec.CommandContext(t.Context(), "sh", "-c", `cat >"$0" && chmod +x "$0"`, path)
	cmd.Stdin = strings.NewReader("#!/bin/sh\n" + script)
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	return path
}

// words is a table as Tesseract writes it: level, page, block, paragraph, line, word, four of its box, confidence, text.
func words(rows ...string) string {
	return "level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext\n" +
		"1\t1\t0\t0\t0\t0\t0\t0\t800\t500\t-1\t\n" + strings.Join(rows, "")
}

func word(line, n int, confidence, text string) string {
	return fmt.Sprintf("5\t1\t1\t1\t%d\t%d\t0\t0\t9\t9\t%s\t%s\n", line, n, confidence, text)
}

func TestWordsBecomeLines(t *testing.T) {
	t.Parallel()
	table := filepath.Join(t.TempDir(), "table")
	if err := os.WriteFile(table, []byte(words(word(1, 1, "90", "姓"), word(1, 2, "70.5", "名"), word(2, 1, "-1", " "), word(3, 1, "120", "x"))), 0o600); err != nil {
		t.Fatal(err)
	}
	seen := filepath.Join(t.TempDir(), "seen")
	r := New(program(t, fmt.Sprintf(`cat >%[1]s.picture; echo "$@ $OMP_THREAD_LIMIT $(ulimit -v)" >%[1]s; cat %[2]s`, seen, table)))
	got, err := r.Read(t.Context(), []byte("picture"))
	if diff := cmp.Diff([]idcard.Line{{Text: " 姓 名", Confidence: 0.8025}, {Text: " x", Confidence: 1}}, got); err != nil || diff != "" {
		t.Error(err, diff)
	}
	asked, _ := os.ReadFile(seen)
	picture, _ := os.ReadFile(seen + ".picture")
	if want := fmt.Sprintf("stdin stdout -l chi_sim+eng --psm 6 tsv 1 %d\n", memoryKB); string(asked) != want || string(picture) != "picture" {
		t.Errorf("asked %q with %q, want %q", asked, picture, want)
	}
}

func TestReadersThatFail(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		program string
		want    error
	}{
		"none":            {filepath.Join(t.TempDir(), "nobody"), ErrMissing},
		"without Chinese": {program(t, `echo "Error opening data file chi_sim.traineddata" >&2; exit 1`), ErrMissing},
		"no picture":      {program(t, `echo "Error in pixReadMem: Unknown format" >&2; exit 1`), ErrFailed},
	} {
		if _, err := New(c.program).Read(t.Context(), []byte("picture")); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

// A program that does not end is ended, and who waits for a turn may give up.
func TestASlowReaderIsEnded(t *testing.T) {
	t.Parallel()
	r := New(program(t, `exec sleep 600`))
	r.limit = 50 * time.Millisecond
	if _, err := r.Read(t.Context(), nil); !errors.Is(err, ErrFailed) {
		t.Errorf("%v, want %v", err, ErrFailed)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r.turn <- struct{}{} // somebody else's turn
	if _, err := r.Read(ctx, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want to give up waiting", err)
	}
}

// An endless answer fills no memory.
func TestAnAnswerIsBounded(t *testing.T) {
	t.Parallel()
	b := &bounded{most: 10}
	for range 100 {
		if n, err := b.Write([]byte("1234567")); n != 7 || err != nil {
			t.Fatal(n, err)
		}
	}
	if b.String() != "1234567123" {
		t.Errorf("%q", b.String())
	}
}

// TestCards reads rendered cards of a person who does not exist, with the real program where it is installed (CI installs it). Where
// it is not, the reader must say so and what to do.
func TestCards(t *testing.T) {
	t.Parallel()
	r := New("")
	if _, err := exec.LookPath(Program); err != nil {
		if _, err := r.Read(t.Context(), nil); !errors.Is(err, ErrMissing) || !strings.Contains(err.Error(), "apt-get install") {
			t.Errorf("without the program: %v", err)
		}
		return
	}
	r.limit = 5 * time.Minute // of a machine that does much else
	for name, c := range map[string]struct {
		lines []string
		want  map[idcard.Field]string
	}{
		"front": {
			[]string{"姓名  王小明", "性别  男    民族  汉", "出生  1949 年 12 月 31 日", "住址  北京市朝阳区幸福路8号", "", "公民身份号码  11010519491231002X"},
			map[idcard.Field]string{"displayName": "王小明 ", "birthDate": "1949-12-31 FITS", "address": "北京市朝阳区幸福路8号 ", "nationalId": "11010519491231002X FITS"},
		},
		"a wrong number": {
			[]string{"姓名  王小明", "", "公民身份号码  11010519491231003X"},
			map[idcard.Field]string{"displayName": "王小明 ", "nationalId": "11010519491231003X BREAKS"},
		},
		"back": {
			[]string{"中华人民共和国", "居民身份证", "", "签发机关  北京市公安局朝阳分局", "有效期限  2015.06.01-2035.06.01"},
			map[idcard.Field]string{"authority": "北京市公安局朝阳分局 ", "idExpireDate": "2035-06-01 FITS"},
		},
	} {
		lines, err := r.Read(t.Context(), render(t, c.lines))
		got := map[idcard.Field]string{}
		for _, s := range idcard.Read(lines) {
			if got[s.Field] = s.Value + " " + string(s.Check); s.Confidence < 0.3 {
				t.Errorf("%s: %s is read with a confidence of %.2f", name, s.Field, s.Confidence)
			}
		}
		if diff := cmp.Diff(c.want, got); err != nil || diff != "" {
			t.Errorf("%s: %v %s\nread: %+v", name, err, diff, lines)
		}
	}
}

// render draws lines as a card: dark letters on a pale ground with a pattern, as JPEG.
func render(t *testing.T, lines []string) []byte {
	t.Helper()
	packed, err := os.Open("../pdf/font/microhei.ttf.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer packed.Close() //nolint:errcheck // only read
	z, err := gzip.NewReader(packed)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := opentype.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	face, err := opentype.NewFace(parsed, &opentype.FaceOptions{Size: 40, DPI: 72})
	if err != nil {
		t.Fatal(err)
	}
	m := image.NewRGBA(image.Rect(0, 0, 1000, 630))
	draw.Draw(m, m.Bounds(), image.NewUniform(color.RGBA{232, 240, 245, 255}), image.Point{}, draw.Src)
	for y := 0; y < 630; y += 21 {
		draw.Draw(m, image.Rect(0, y, 1000, y+1), image.NewUniform(color.RGBA{214, 228, 236, 255}), image.Point{}, draw.Src)
	}
	d := font.Drawer{Dst: m, Src: image.NewUniform(color.RGBA{30, 30, 40, 255}), Face: face}
	for i, l := range lines {
		d.Dot = fixed.P(60, 90+i*90)
		d.DrawString(l)
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 85}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
