package app

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"fettle/internal/secret"
)

// tokenFile is where the first start leaves the bearer token of the default org, with every role.
const tokenFile = "admin.token"

// minToken is the least length of a token that is taken from a file, in bytes: what cannot be guessed.
const minToken = 32

// adminToken reads the token of a data directory, or makes one. It survives restarts; to renew it, delete the file.
func adminToken(dir string) (string, error) {
	path := filepath.Join(dir, tokenFile)
	token, err := readToken(path)
	if errors.Is(err, fs.ErrNotExist) {
		return newToken(dir, path)
	}
	return token, err
}

// readToken reads the token in a file.
func readToken(path string) (string, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("read token: %w", err)
	}
	if err := secret.Intact(path); err != nil {
		return "", fmt.Errorf("read token: put back a copy, or delete it to have a new one made: %w", err)
	}
	token := strings.TrimSpace(string(data))
	if len(token) < minToken {
		return "", fmt.Errorf("read token: %s holds %d characters, want at least %d: delete it to have a new one made", path, len(token), minToken)
	}
	return token, nil
}

// newToken writes a token so that a crash leaves either none or a whole one: write aside, flush, rename, flush the folder.
func newToken(dir, path string) (string, error) {
	random := make([]byte, 32)
	if _, err := rand.Read(random); err != nil {
		return "", fmt.Errorf("make admin token: %w", err)
	}
	token := "fettle_" + base64.RawURLEncoding.EncodeToString(random)
	f, err := os.CreateTemp(dir, tokenFile+".*") // 0600
	if err != nil {
		return "", fmt.Errorf("make admin token: %w", err)
	}
	_, err = f.WriteString(token + "\n")
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err == nil {
		err = syncFolder(dir)
	}
	if err != nil {
		return "", errors.Join(fmt.Errorf("write admin token: %w", err), os.Remove(f.Name()))
	}
	return token, nil
}

func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
