package secret

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/aead/subtle"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"

	"fettle/org"
	"fettle/storage/whole"
)

// file is where a ring is kept.
type file struct {
	path string
	kek  tink.AEAD // nil: the master is kept in clear, guarded by the permissions of the file
}

// fileFormat is what this package writes.
const fileFormat = 1

// fileJSON is the content of the file. Keysets are in Tink's binary form: master as it is or wrapped by the key-encryption
// key, those of orgs wrapped by the master.
type fileJSON struct {
	Format  int                `json:"format"`
	Wrapped bool               `json:"wrapped"`
	Master  []byte             `json:"master"`
	Orgs    map[string]orgJSON `json:"orgs"`
}

type orgJSON struct {
	Data   []byte `json:"data,omitempty"`
	Index  []byte `json:"index,omitempty"`
	Stale  bool   `json:"stale,omitempty"`
	Erased bool   `json:"erased,omitempty"`
	// Forgotten are people who were erased.
	Forgotten []string `json:"forgotten,omitempty"`
}

// purposes of wrapped keys, as associated data.
const (
	masterPurpose = "fettle master key"
	dataPurpose   = "fettle data keys of "
	indexPurpose  = "fettle index key of "
)

// ReadKEK reads a key-encryption key: 32 bytes in base64, in a file that others cannot read.
func ReadKEK(path string) ([]byte, error) {
	if err := Guarded(path); err != nil {
		return nil, err
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the key-encryption key: %w", err)
	}
	key, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(key) != 32 {
		return nil, fmt.Errorf("%s: want 32 bytes in base64, as of `head -c 32 /dev/urandom | base64`", path)
	}
	return key, nil
}

// Guarded refuses a file that others than its owner can read.
func Guarded(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return fmt.Errorf("%s can be read by others (mode %04o): want 0600", path, mode)
	}
	return nil
}

// Load reads a ring, with the key-encryption key that wraps its master, nil when none does. Where there is no file, the ring
// is a new one: it is not kept before Save, so that the caller can find out first that nothing is sealed under a lost one.
// It fails with ErrKey when the key-encryption key is not the one that the ring was written with.
func Load(path string, kek []byte) (*Ring, error) {
	r := &Ring{file: file{path: path}, orgs: map[org.ID]*orgKeys{}, forgotten: map[org.ID][]string{}}
	if kek != nil {
		k, err := subtle.NewAESGCM(kek)
		if err != nil {
			return nil, fmt.Errorf("use the key-encryption key: %w", err)
		}
		r.file.kek = k
	}
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		if r.master, err = keyset.NewHandle(aead.AES256GCMKeyTemplate()); err != nil {
			return nil, fmt.Errorf("make a master key: %w", err)
		}
		return r, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read keys: %w", err)
	}
	if err := Guarded(path); err != nil {
		return nil, err
	}
	if err := Intact(path); err != nil {
		return nil, fmt.Errorf("put back a copy of the keys: %w", err)
	}
	r.saved = true
	if err := r.decode(data); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return r, nil
}

// Intact fails with whole.ErrDamaged when a small file of secrets has decayed since it was written. One that somebody has written since
// it was last read is taken as it is now.
func Intact(path string) error {
	err := whole.Check(path)
	if errors.Is(err, whole.ErrUnknown) {
		_ = whole.Keep(path) // where nothing can be written, nothing is known the next time either
		return nil
	}
	return err
}

// decode reads the content of the file.
func (r *Ring) decode(data []byte) error {
	var in fileJSON
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&in); err != nil {
		return fmt.Errorf("want keys as fettle writes them: %w", err)
	}
	switch {
	case in.Format != fileFormat:
		return fmt.Errorf("format is %d: want %d", in.Format, fileFormat)
	case in.Wrapped && r.file.kek == nil:
		return fmt.Errorf("the keys are wrapped: want --kek-file: %w", ErrKey)
	case !in.Wrapped && r.file.kek != nil:
		return fmt.Errorf("the keys are not wrapped: leave --kek-file out, or wrap them with fettle keys wrap: %w", ErrKey)
	}
	var err error
	from := keyset.NewBinaryReader(bytes.NewReader(in.Master))
	if in.Wrapped {
		r.master, err = keyset.ReadWithAssociatedData(from, r.file.kek, []byte(masterPurpose))
	} else {
		r.master, err = insecurecleartextkeyset.Read(from)
	}
	if err != nil {
		return fmt.Errorf("the master key does not open with the key of --kek-file: %w", ErrKey)
	}
	return r.decodeOrgs(in.Orgs)
}

func (r *Ring) decodeOrgs(in map[string]orgJSON) error {
	master, err := aead.New(r.master)
	if err != nil {
		return fmt.Errorf("use the master key: %w", err)
	}
	for name, o := range in {
		k := &orgKeys{stale: o.Stale, erased: o.Erased}
		r.orgs[org.ID(name)] = k
		r.forgotten[org.ID(name)] = o.Forgotten
		if o.Erased {
			continue
		}
		k.data, err = keyset.ReadWithAssociatedData(keyset.NewBinaryReader(bytes.NewReader(o.Data)), master, []byte(dataPurpose+name))
		if err == nil {
			k.index, err = master.Decrypt(o.Index, []byte(indexPurpose+name))
		}
		if err != nil {
			return fmt.Errorf("keys of org %s do not open with the master key: %w", name, ErrKey)
		}
		if err := k.ready(); err != nil {
			return err
		}
	}
	return nil
}

// encode makes the content of the file. The caller holds the lock.
func (r *Ring) encode() ([]byte, error) {
	master, err := aead.New(r.master)
	if err != nil {
		return nil, fmt.Errorf("use the master key: %w", err)
	}
	out := fileJSON{Format: fileFormat, Wrapped: r.file.kek != nil, Orgs: map[string]orgJSON{}}
	var b bytes.Buffer
	if out.Wrapped {
		err = r.master.WriteWithAssociatedData(keyset.NewBinaryWriter(&b), r.file.kek, []byte(masterPurpose))
	} else {
		err = insecurecleartextkeyset.Write(r.master, keyset.NewBinaryWriter(&b))
	}
	if err != nil {
		return nil, fmt.Errorf("write the master key: %w", err)
	}
	out.Master = b.Bytes()
	for name, k := range r.orgs {
		o := orgJSON{Stale: k.stale, Erased: k.erased, Forgotten: r.forgotten[name]}
		if !k.erased {
			var w bytes.Buffer
			err := k.data.WriteWithAssociatedData(keyset.NewBinaryWriter(&w), master, []byte(dataPurpose+string(name)))
			if err == nil {
				o.Index, err = master.Encrypt(k.index, []byte(indexPurpose+string(name)))
			}
			if err != nil {
				return nil, fmt.Errorf("write keys of org %s: %w", name, err)
			}
			o.Data = w.Bytes()
		}
		out.Orgs[string(name)] = o
	}
	return json.MarshalIndent(out, "", "  ")
}

// Save keeps a ring that Load has made anew; one that was read is kept already.
func (r *Ring) Save() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.saved {
		return nil
	}
	if err := r.write(); err != nil {
		return err
	}
	r.saved = true
	return nil
}

// Fresh reports whether the ring is new and not kept yet.
func (r *Ring) Fresh() bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return !r.saved
}

// Rewrap writes the ring under another key-encryption key; nil keeps the master in clear.
func (r *Ring) Rewrap(kek []byte) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	before := r.file.kek
	r.file.kek = nil
	if kek != nil {
		k, err := subtle.NewAESGCM(kek)
		if err != nil {
			return fmt.Errorf("use the key-encryption key: %w", err)
		}
		r.file.kek = k
	}
	err := r.write()
	if err != nil {
		r.file.kek = before
	}
	return err
}

// write replaces the file, whole or not at all, and flushes it. The caller holds the lock.
func (r *Ring) write() error {
	data, err := r.encode()
	if err != nil {
		return err
	}
	dir := filepath.Dir(r.file.path)
	f, err := os.CreateTemp(dir, filepath.Base(r.file.path)+".*") // 0600
	if err != nil {
		return fmt.Errorf("write keys: %w", err)
	}
	_, err = f.Write(append(data, '\n'))
	err = errors.Join(err, f.Sync(), f.Close(), whole.Forget(r.file.path))
	if err == nil {
		err = os.Rename(f.Name(), r.file.path)
	}
	if err != nil {
		_ = os.Remove(f.Name()) // it may be gone already
		return fmt.Errorf("write keys: %w", err)
	}
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("write keys: %w", err)
	}
	return errors.Join(d.Sync(), d.Close(), Intact(r.file.path))
}
