package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"

	"fettle/dispatch/engine"
	"fettle/internal/secret"
	"fettle/org"
)

// keysFile is where the first start leaves the keys of what is at rest. No backup holds it: keep a copy elsewhere, or what
// is restored cannot be read.
const keysFile = "keys.json"

// Keys says where the keys of a service are. The zero value means keys.json in the data directory, guarded by its
// permissions alone.
type Keys struct {
	// File holds the keys; those who serve one database share it.
	File string
	// KEKFile holds a key-encryption key of the operator, 32 bytes in base64, that wraps the keys in File.
	KEKFile string
}

// load reads the ring of a data directory.
func (k Keys) load(dir string) (*secret.Ring, error) {
	path := k.File
	if path == "" {
		path = filepath.Join(dir, keysFile)
	}
	var kek []byte
	if k.KEKFile != "" {
		var err error
		if kek, err = secret.ReadKEK(k.KEKFile); err != nil {
			return nil, fmt.Errorf("--kek-file: %w", err)
		}
	}
	r, err := secret.Load(path, kek)
	if err != nil {
		return nil, fmt.Errorf("data directory %s: %w", dir, err)
	}
	return r, nil
}

// reader opens sealed rows of an org, and tells whether there are any.
type reader interface {
	Readable(ctx context.Context, o org.ID) (some bool, err error)
}

// checkKeys opens a row of each table, so that a service without its keys refuses to start instead of failing later. It
// reports whether there are any.
func checkKeys(ctx context.Context, s reader, o org.ID) (some bool, err error) {
	some, err = s.Readable(ctx, o)
	if errors.Is(err, secret.ErrKey) || errors.Is(err, secret.ErrErased) {
		err = fmt.Errorf("the keys are not those of the data, put back the file that goes with it (--keys): %w", err)
	}
	return some, err
}

// openKeys checks that the keys open what the store holds, and keeps them when they are new.
func (a *App) openKeys(ctx context.Context) error {
	var older []org.ID // rows of a time before keys: they are sealed now
	for _, o := range orgIDs(a.known) {
		some, err := checkKeys(ctx, a.store, o)
		if err != nil {
			return err
		}
		if some {
			older = append(older, o)
		}
	}
	if !a.ring.Fresh() {
		return nil
	}
	if err := a.ring.Save(); err != nil {
		return err
	}
	for _, o := range older {
		if err := a.ring.Rotate(o); err != nil {
			return err
		}
	}
	return nil
}

// rotator finds the keys of an org.
func (a *App) rotator(o org.ID) (*secret.Rotator, error) {
	run := a.orgs[o]
	if run == nil || run.keys == nil {
		return nil, fmt.Errorf("org %s: %w", o, engine.ErrNotFound)
	}
	return run.keys.rotator, nil
}

// keyWork seals rows anew beside everything else.
type keyWork struct {
	rotator *secret.Rotator
	stop    context.CancelFunc
	done    sync.WaitGroup
}

func (k *keyWork) start(ctx context.Context, log *slog.Logger) {
	ctx, k.stop = context.WithCancel(context.WithoutCancel(ctx))
	k.done.Go(func() {
		k.rotator.Run(ctx, func(err error) {
			log.LogAttrs(ctx, slog.LevelError, "rows were not sealed anew", slog.Any("error", err))
		})
	})
}

func (k *keyWork) close() {
	k.stop()
	k.done.Wait()
}

// guarded refuses a data directory whose secrets others than its owner can read.
func (k Keys) guarded(dir string) error {
	var errs []error
	info, err := os.Stat(dir)
	if err == nil && info.Mode().Perm()&0o077 != 0 {
		errs = append(errs, fmt.Errorf("%s can be read by others (mode %04o): want 0700", dir, info.Mode().Perm()))
	}
	keys := k.File
	if keys == "" {
		keys = filepath.Join(dir, keysFile)
	}
	tokens, _ := filepath.Glob(filepath.Join(dir, orgFolder, "*.token")) // the pattern is a good one
	for _, path := range append(tokens, filepath.Join(dir, tokenFile), keys, k.KEKFile) {
		if _, err := os.Stat(path); err == nil {
			errs = append(errs, secret.Guarded(path))
		}
	}
	return errors.Join(errs...)
}

// EraseKeys destroys the keys of an org, for good: what was kept of it cannot be read again, wherever a copy is. It fails
// while a service runs.
func EraseKeys(ctx context.Context, dir, url string, k Keys, o org.ID) error {
	return k.alone(ctx, dir, url, func(r *secret.Ring) error { return r.Erase(o) })
}

// WrapKeys wraps the keys under another key-encryption key; "" leaves them in clear. It fails while a service runs.
func WrapKeys(ctx context.Context, dir, url string, k Keys, next string) error {
	return k.alone(ctx, dir, url, func(r *secret.Ring) error {
		if next == "" {
			return r.Rewrap(nil)
		}
		kek, err := secret.ReadKEK(next)
		if err != nil {
			return fmt.Errorf("--to: %w", err)
		}
		return r.Rewrap(kek)
	})
}

// alone changes the keys while no service can: it holds the store, which only one process has.
func (k Keys) alone(ctx context.Context, dir, url string, change func(*secret.Ring) error) (err error) {
	ring, err := k.load(dir)
	if err != nil {
		return err
	}
	if ring.Fresh() {
		return fmt.Errorf("there are no keys in %s: fettle serve makes them", dir)
	}
	known, err := orgTokens(dir)
	if err != nil {
		return err
	}
	s, err := openStore(ctx, dir, url, ring, orgIDs(known)...)
	if err != nil {
		return err
	}
	return errors.Join(change(ring), s.Close())
}
