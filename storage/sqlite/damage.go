package sqlite

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"fettle/dispatch/engine"
	"fettle/storage/whole"
)

// ErrDamaged says that a file of the directory is not what was written. Restore a backup, unless the error names another way.
var ErrDamaged = errors.New("data directory is damaged")

// inspect looks for damage before the database is opened, which would write over some of it. known tells that the file of the
// database is what was written; else its structure is to be looked at.
func inspect(dir string) (known bool, err error) {
	file := filepath.Join(dir, "fettle.db")
	err = whole.Check(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		known = true // there is none yet
	case errors.Is(err, whole.ErrUnknown):
	case err != nil:
		return false, fmt.Errorf("%w: %w", ErrDamaged, err)
	default:
		known = true
	}
	return known, inspectWAL(file)
}

// smallBytes is how large a database is whose structure is looked at before it is opened: in 0.1 s or so.
const smallBytes = 16 << 20

// small reports whether a look at the structure keeps nobody waiting.
func (d *DB) small() bool {
	info, err := os.Stat(filepath.Join(d.dir, "fettle.db"))
	return err != nil || info.Size() <= smallBytes
}

// beside is a look at the structure while others read and write.
type beside struct {
	cancel context.CancelFunc
	done   sync.WaitGroup
}

// inspectBeside looks at the structure of a large database. When it is damaged nothing is written any more, and Healthy says why.
func (d *DB) inspectBeside(ctx context.Context) {
	ctx, d.beside.cancel = context.WithCancel(context.WithoutCancel(ctx))
	d.beside.done.Go(func() {
		err := structure(ctx, d.read)
		if err == nil || ctx.Err() != nil {
			return
		}
		err = fmt.Errorf("%w: %w", engine.ErrUnavailable, err)
		d.failed.CompareAndSwap(nil, &err)
	})
}

func (b *beside) stop() {
	if b.cancel == nil {
		return
	}
	b.cancel()
	b.done.Wait()
}

// keepSum writes down what the file of the database is. Nobody may write it meanwhile. Without it, as on a full disk, the next start
// looks at the structure alone.
func (d *DB) keepSum() { _ = whole.Keep(filepath.Join(d.dir, "fettle.db")) }

// forgetSum is called before the file is written: two writes may have the same instant.
func (d *DB) forgetSum() { _ = whole.Forget(filepath.Join(d.dir, "fettle.db")) }

// structure has SQLite look at each page of the database: those that a crash has left without a sum.
func structure(ctx context.Context, db *sql.DB) error {
	var said string
	if err := db.QueryRowContext(ctx, `PRAGMA integrity_check(1)`).Scan(&said); err != nil {
		return fmt.Errorf("fettle.db cannot be read: %w: %w", ErrDamaged, err)
	}
	if said != "ok" {
		return fmt.Errorf("fettle.db: %s: %w", said, ErrDamaged)
	}
	return nil
}

// The write-ahead log: a head, and frames of a page each with a head of their own. Numbers are big-endian but where the index says.
const (
	walHead   = 32
	frameHead = 24
	indexHead = 48
)

// wal is what can be known of a log beside the database.
type wal struct {
	salt    [8]byte
	page    int64
	order   binary.ByteOrder
	sum     [2]uint32 // so far
	valid   int       // frames that are what was written, up to the last commit
	read    int       // frames that are what was written
	commits int       // commits of this log after the first frame that is not
}

// inspectWAL finds commits that opening the database would drop without a word: SQLite takes the log up to the first frame that is
// not what was written. What a power cut has torn is the end of the last commit, which nobody was told of. More than one commit behind
// a bad frame, or fewer frames than the index beside the log had seen flushed, is damage.
func inspectWAL(file string) error {
	name := file + "-wal"
	f, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return missed(file, &wal{}, name)
	}
	if err != nil {
		return fmt.Errorf("read the write-ahead log: %w", err)
	}
	defer f.Close() //nolint:errcheck // nothing was written
	w, err := readWAL(f)
	if err != nil {
		return fmt.Errorf("read the write-ahead log: %w", err)
	}
	if w.commits > 1 {
		return fmt.Errorf("%w: %s: frame %d is not what was written and %d commits after it would be lost; `truncate -s %d %s` starts without them",
			ErrDamaged, name, w.read+1, w.commits, walHead+int64(w.valid)*(frameHead+w.page), name)
	}
	return missed(file, w, name)
}

// missed compares the log with its index, which the last process left behind if it was killed.
func missed(file string, w *wal, name string) error {
	index, err := os.ReadFile(file + "-shm")
	if err != nil || len(index) < 2*indexHead+8 {
		return nil // a power cut, or a process that has ended well
	}
	native := binary.NativeEndian
	var sum [2]uint32
	add(&sum, native, index[:40])
	if string(index[:indexHead]) != string(index[indexHead:2*indexHead]) || sum[0] != native.Uint32(index[40:]) || sum[1] != native.Uint32(index[44:]) {
		return nil // it tells nothing
	}
	frames, moved := int(native.Uint32(index[16:])), int(native.Uint32(index[2*indexHead:]))
	switch {
	case w.page == 0 && moved >= frames, w.page != 0 && string(index[32:40]) != string(w.salt[:]), frames <= w.valid:
		return nil
	}
	return fmt.Errorf("%w: %s has %d frames that are what was written, and %d were flushed: what came after them would be lost; remove %s-shm to start without it",
		ErrDamaged, name, w.valid, frames, file)
}

// readWAL reads a log to its end.
func readWAL(f *os.File) (*wal, error) {
	w := &wal{}
	head := make([]byte, walHead)
	if n, err := f.ReadAt(head, 0); n < walHead {
		return w, ignoreEnd(err)
	}
	w.order = binary.LittleEndian
	if head[3]&1 == 1 {
		w.order = binary.BigEndian
	}
	add(&w.sum, w.order, head[:24])
	good := binary.BigEndian.Uint32(head)&^1 == 0x377f0682 && w.sum[0] == binary.BigEndian.Uint32(head[24:]) && w.sum[1] == binary.BigEndian.Uint32(head[28:])
	copy(w.salt[:], head[16:])
	if w.page = int64(binary.BigEndian.Uint32(head[8:])); !good {
		w.page = 4096
	}
	frame := make([]byte, frameHead+w.page)
	for at := int64(walHead); ; at += int64(len(frame)) {
		if n, err := f.ReadAt(frame, at); n < len(frame) {
			return w, ignoreEnd(err)
		}
		if !good && at == walHead {
			copy(w.salt[:], frame[8:])
		}
		good = w.take(frame, good)
	}
}

// ignoreEnd is nil for the end of a file.
func ignoreEnd(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// take looks at the next frame. good tells that those before it are what was written, and the result that this one is too.
func (w *wal) take(frame []byte, good bool) bool {
	ours, commit := string(frame[8:16]) == string(w.salt[:]), binary.BigEndian.Uint32(frame[4:]) != 0
	if good {
		add(&w.sum, w.order, frame[:8])
		add(&w.sum, w.order, frame[frameHead:])
		good = ours && w.sum[0] == binary.BigEndian.Uint32(frame[16:]) && w.sum[1] == binary.BigEndian.Uint32(frame[20:])
		if good {
			w.read++
		}
		if good && commit {
			w.valid = w.read
		}
	}
	if !good && ours && commit {
		w.commits++
	}
	return good
}

// add goes on with the checksum of SQLite's log over a multiple of 8 bytes.
func add(sum *[2]uint32, order binary.ByteOrder, data []byte) {
	a, b := sum[0], sum[1]
	for ; len(data) >= 8; data = data[8:] {
		a += order.Uint32(data) + b
		b += order.Uint32(data[4:]) + a
	}
	sum[0], sum[1] = a, b
}
