package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"fettle/storage/archive"
	"fettle/storage/postgres"
	"fettle/storage/sqlite"
)

// Backup writes all that a service keeps, as it is at one instant, to a file: of the database of the URL, or else of the data
// directory. The service may go on meanwhile. The file is there whole or not at all; the token is not part of it.
func Backup(ctx context.Context, dir, url, file string, now time.Time) (m archive.Manifest, err error) {
	var from archive.Source = sqlite.Directory(dir)
	if url != "" {
		from = postgres.URL(url)
	}
	f, err := os.CreateTemp(filepath.Dir(file), filepath.Base(file)+".*") // 0600: it holds what tenants told
	if err != nil {
		return m, fmt.Errorf("make the backup: %w", err)
	}
	m, err = archive.Write(ctx, f, from, now.UTC().Format(time.RFC3339))
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), file)
	}
	if err == nil {
		err = syncFolder(filepath.Dir(file))
	}
	if err != nil {
		_ = os.Remove(f.Name()) // it may be gone already
		return m, fmt.Errorf("make the backup: %w", err)
	}
	return m, nil
}

// Restore fills an empty data directory, or the empty database of the URL, from a backup, all of it or nothing.
func Restore(ctx context.Context, file, dir, url string) (m archive.Manifest, err error) {
	f, err := os.Open(file)
	if err != nil {
		return m, fmt.Errorf("open the backup: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil {
		return m, fmt.Errorf("open the backup: %w", err)
	}
	if m, err = archive.Read(ctx, f, info.Size(), nil); err != nil { // before anything is made
		return m, fmt.Errorf("read %s: %w", file, err)
	}
	if url != "" {
		return archive.Read(ctx, f, info.Size(), postgres.URL(url))
	}
	store, err := sqlite.Open(ctx, dir, sqlite.Options{})
	if err != nil {
		return m, fmt.Errorf("open data directory %s: %w", dir, err)
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	return archive.Read(ctx, f, info.Size(), store)
}

// Migrate brings the schema of a data directory, or of the database of the URL, up to date without serving it.
func Migrate(ctx context.Context, dir, url string) error {
	if url != "" {
		return postgres.Migrate(ctx, url)
	}
	store, err := sqlite.Open(ctx, dir, sqlite.Options{})
	if err != nil {
		return fmt.Errorf("open data directory %s: %w", dir, err)
	}
	return store.Close()
}

// Check says what would keep a service from starting safely on a data directory, or on the database of the URL; nil when
// nothing does: the store, its keys, and whether others can read them. It opens the store, so that no service may use the
// directory. The notes say what is not wrong and yet to be done.
func Check(ctx context.Context, dir, url string, k Keys) (notes []string, err error) {
	ring, err := k.load(dir)
	if err != nil {
		return nil, err
	}
	known, err := orgTokens(dir)
	if err != nil {
		return nil, err
	}
	if _, err := readToken(filepath.Join(dir, tokenFile)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	s, err := openStore(ctx, dir, url, ring, orgIDs(known)...)
	if err != nil {
		return nil, err
	}
	var keys error
	for _, o := range orgIDs(known) {
		_, err := checkKeys(ctx, s, o)
		if keys = errors.Join(keys, err); err != nil {
			continue
		}
		more, err := unfinished(ctx, s, o)
		notes, keys = append(notes, more...), errors.Join(keys, err)
	}
	return notes, errors.Join(k.guarded(dir), keys, s.Healthy(ctx), s.Probe(ctx), s.Close())
}
