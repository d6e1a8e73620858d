package outside

import (
	"math/rand/v2"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// TestPowerCut pulls the plug (R-D3): the data directory is on an ext4 of its own whose device is a file, and that file holds
// only what was flushed. While clients write, the service is stopped by SIGSTOP, the file is copied, the service is killed;
// a new one starts on the copy. An answer that a client got was sent before the stop, so whatever was acknowledged must be in
// the copy.
//
// The copy of a mounted file system takes milliseconds and the kernel may write into it meanwhile; the journal of ext4 is
// what makes that harmless, and many rounds.
func TestPowerCut(t *testing.T) {
	if why := cannotMount(); why != "" {
		t.Log("not run:", why)
		return
	}
	rounds := count(8, 200, "FETTLE_TORTURE_CUTS")
	rng := rand.New(rand.NewPCG(seed(t), 98))
	disk := image(t, 64+rounds) // it grows by less than half a MiB a round
	at := mount(t, "-o", loopOptions, disk)
	s := start(t, filepath.Join(at, "data"))
	l := newLedger(t, hire(s, 16))
	for c := range rounds {
		stop := l.run(s)
		time.Sleep(time.Duration(50+rng.IntN(400)) * time.Millisecond) // the moment of the fault: nothing waits for it
		s.signal(syscall.SIGSTOP)
		copied := filepath.Join(t.TempDir(), "disk")
		command(t, "cp", "--sparse=always", disk, copied)
		s.kill()
		stop()
		unmount(at)
		command(t, "rm", disk)
		disk = copied
		at = mount(t, "-o", loopOptions, disk)
		s = start(t, filepath.Join(at, "data"))
		l.audit(s, c%10 == 9)
		if t.Failed() {
			t.Fatalf("round %d of %d", c+1, rounds)
		}
	}
	l.settle(s)
	l.audit(s, true)
	sequences(s)
	if l.acked.Load() == 0 || l.unknown.Load() == 0 {
		t.Errorf("the load shows nothing: %s", l.summary())
	}
	t.Logf("%d power cuts: %s", rounds, l.summary())
	s.kill() // before its disk goes
}
