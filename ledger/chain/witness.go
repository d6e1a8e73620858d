package chain

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"fettle/invalid"
	"fettle/org"
)

// WriteWitness writes a head as one line: time of the link, org, sequence and hash.
func WriteWitness(w io.Writer, x Witness) error {
	_, err := fmt.Fprintf(w, "%s %s %d %s\n", x.Time.UTC().Format(time.RFC3339Nano), x.Org, x.Sequence, hex.EncodeToString(x.Hash[:]))
	return err
}

// ReadWitnesses reads lines of WriteWitness, up to the end of the input.
func ReadWitnesses(r io.Reader) ([]Witness, error) {
	var out []Witness
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		w, err := readWitness(lines.Text())
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		out = append(out, w)
	}
	return out, lines.Err()
}

func readWitness(line string) (w Witness, err error) {
	parts := strings.Fields(line)
	if len(parts) != 4 {
		return w, &invalid.Error{Field: "head", Value: line, Want: "time, org, sequence and hash"}
	}
	if w.Time, err = time.Parse(time.RFC3339Nano, parts[0]); err != nil {
		return w, &invalid.Error{Field: "time", Value: parts[0], Want: "a time as 2026-03-08T00:00:00Z"}
	}
	w.Org = org.ID(parts[1])
	if w.Sequence, err = strconv.ParseInt(parts[2], 10, 64); err != nil || w.Sequence < 1 {
		return w, &invalid.Error{Field: "sequence", Value: parts[2], Want: "a number from 1"}
	}
	hash, err := hex.DecodeString(parts[3])
	if err != nil || len(hash) != len(w.Hash) {
		return w, &invalid.Error{Field: "hash", Value: parts[3], Want: "64 hexadecimal digits"}
	}
	copy(w.Hash[:], hash)
	return w, nil
}
