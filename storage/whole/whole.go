// Package whole tells whether a file is still what was written. A sum is kept beside it, FILE.sum: the size, the instant of the
// last change and a CRC-32C of each 64 KiB. A disk that decays changes none of the first two, a program that writes the file
// changes the second: what it wrote is not known here, and not called damaged.
//
// The sums are against decay, not against people: who can write the file can write its sum.
package whole

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"strings"
)

// ErrDamaged says that a file is not what was written.
var ErrDamaged = errors.New("file is damaged")

// ErrUnknown says that nobody knows what a file should be: it has no sum, or was changed since by who keeps none.
var ErrUnknown = errors.New("nothing tells what the file should be")

// Suffix is added to the name of a file for that of its sum.
const Suffix = ".sum"

// form names what is in a sum.
const form = "fettle-sum-1"

// chunk is how many bytes share a sum.
const chunk = 64 << 10

var table = crc32.MakeTable(crc32.Castagnoli)

// Keep writes the sum of a file as it is now. Nobody may write the file meanwhile.
func Keep(path string) error {
	text, err := take(path)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(path+Suffix, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("keep the sum of %s: %w", path, err)
	}
	_, err = f.WriteString(text) // not flushed: a sum that is torn is no sum
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("keep the sum of %s: %w", path, err)
	}
	return nil
}

// Check returns nil when a file is what it was when its sum was kept. It fails with ErrDamaged and the place when it is not, with
// ErrUnknown when that cannot be said, and with fs.ErrNotExist when there is no file.
func Check(path string) error {
	kept, err := os.ReadFile(path + Suffix)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("read the sum of %s: %w", path, err)
	}
	if _, err := os.Stat(path); err != nil {
		return fmt.Errorf("check %s: %w", path, err)
	}
	lines, ok := read(kept)
	switch {
	case len(kept) == 0:
		return fmt.Errorf("%s: %w", path, ErrUnknown)
	case !ok:
		return fmt.Errorf("%s: its sum is damaged itself: %w", path, ErrUnknown)
	}
	text, err := take(path)
	if err != nil {
		return err
	}
	now, _ := read([]byte(text))
	return compare(path, lines, now)
}

// compare judges the lines of two sums.
func compare(path string, kept, now []string) error {
	var size, changed, sizeNow, changedNow int64
	_, err := fmt.Sscanf(kept[0], form+" %d %d", &size, &changed)
	if err == nil {
		_, err = fmt.Sscanf(now[0], form+" %d %d", &sizeNow, &changedNow)
	}
	switch {
	case err != nil:
		return fmt.Errorf("%s: its sum is of another form: %w", path, ErrUnknown)
	case changed != changedNow:
		return fmt.Errorf("%s was changed since its sum was taken: %w", path, ErrUnknown)
	case size != sizeNow:
		return fmt.Errorf("%s has %d bytes, want %d: %w", path, sizeNow, size, ErrDamaged)
	}
	for i := range kept {
		if i >= len(now) || kept[i] != now[i] {
			return fmt.Errorf("%s has other bytes between %d and %d than were written: %w", path, (i-1)*chunk, min(int64(i*chunk), size), ErrDamaged)
		}
	}
	return nil
}

// Forget removes the sum of a file that is to be written.
func Forget(path string) error {
	if err := os.Remove(path + Suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("forget the sum of %s: %w", path, err)
	}
	return nil
}

// take makes the text of a sum: a head, a line for each chunk, and a line for those before it.
func take(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("take the sum of %s: %w", path, err)
	}
	defer f.Close() //nolint:errcheck // nothing was written
	info, err := f.Stat()
	if err != nil {
		return "", fmt.Errorf("take the sum of %s: %w", path, err)
	}
	var out strings.Builder
	fmt.Fprintf(&out, "%s %d %d\n", form, info.Size(), info.ModTime().UnixNano())
	from, part := bufio.NewReaderSize(f, 1<<20), make([]byte, chunk)
	for {
		n, err := io.ReadFull(from, part)
		if n > 0 {
			fmt.Fprintf(&out, "%08x\n", crc32.Checksum(part[:n], table))
		}
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			break
		}
		if err != nil {
			return "", fmt.Errorf("take the sum of %s: %w", path, err)
		}
	}
	fmt.Fprintf(&out, "%08x\n", crc32.Checksum([]byte(out.String()), table))
	return out.String(), nil
}

// read splits a sum into its lines without the last, which must be that of those before it.
func read(text []byte) (lines []string, ok bool) {
	body, found := bytes.CutSuffix(text, []byte("\n"))
	at := bytes.LastIndexByte(body, '\n')
	if !found || at < 0 {
		return nil, false
	}
	if string(body[at+1:]) != fmt.Sprintf("%08x", crc32.Checksum(text[:at+1], table)) {
		return nil, false
	}
	return strings.Split(string(body[:at]), "\n"), true
}
