package index

import "math/bits"

// cellKey is a row and a column; the top bit is always set, so 0 means "none".
type cellKey uint64

func makeKey(row, column int) cellKey {
	return cellKey(1<<63 | uint64(row)<<32 | uint64(column))
}

// entry is one object in the run of its cell.
type entry struct {
	lat, lon float64
	skills   uint64
	id       int32
}

// slot is one cell in the hash table. A cell that lost its last object keeps its slot until the next rehash.
type slot struct {
	key    cellKey
	skills uint64 // contains every skill of the entries, and may contain more
	start  int32  // of entries
	count  int32
	class  int32 // the run has room for 1<<class entries, or none if 0
}

const leastClass = 2

func (s *slot) room() int32 {
	if s.class == 0 {
		return 0
	}
	return 1 << s.class
}

// cellTable is an open-addressed hash table with linear probing (Knuth, The Art of Computer Programming 3, 6.4,
// algorithm L), at most half full, whose values are runs of one array. Runs have sizes of powers of two; those that are
// given back wait in a list by size.
type cellTable struct {
	slots   []slot
	shift   uint // 64 - log2(len(slots))
	used    int  // slots with a key
	live    int  // slots with a key and at least one entry
	entries []entry
	free    [32][]int32 // starts of free runs, by class
}

const leastSlots = 64

func (t *cellTable) init(objects int) {
	t.resize(leastSlots)
	t.entries = make([]entry, 0, 2*objects)
}

func (t *cellTable) resize(n int) {
	t.slots = make([]slot, n)
	t.shift = uint(64 - bits.TrailingZeros(uint(n)))
	t.used = 0
}

// home is where the probing for a key begins: Fibonacci hashing (Knuth, section 6.4).
func (t *cellTable) home(key cellKey) int {
	return int(uint64(key) * 0x9E3779B97F4A7C15 >> t.shift)
}

// find is the slot of a key, or -1. At least half of the slots are free, so it ends.
func (t *cellTable) find(key cellKey) int32 {
	last := len(t.slots) - 1
	for i := t.home(key); ; i = (i + 1) & last {
		switch t.slots[i&last].key {
		case key:
			return int32(i)
		case 0:
			return -1
		}
	}
}

func (t *cellTable) full() bool { return 2*(t.used+1) > len(t.slots) }

// create takes a slot for a key that has none; the table must not be full.
func (t *cellTable) create(key cellKey) int32 {
	last := len(t.slots) - 1
	i := t.home(key)
	for t.slots[i].key != 0 {
		i = (i + 1) & last
	}
	t.slots[i] = slot{key: key}
	t.used++
	return int32(i)
}

// rehash drops the slots of empty cells and makes room for as many cells again as are live.
func (t *cellTable) rehash(locations []location) {
	old := t.slots
	t.resize(max(leastSlots, len(old)/2, 1<<bits.Len(uint(4*t.live))))
	for i := range old {
		s := &old[i]
		if s.count == 0 {
			continue
		}
		to := t.create(s.key)
		t.slots[to] = *s
		for e := s.start; e < s.start+s.count; e++ {
			locations[t.entries[e].id].slot = to
		}
	}
}

// grow moves the run of a cell to one of twice the size.
func (t *cellTable) grow(s *slot, locations []location) {
	class := max(leastClass, s.class+1)
	start := t.allocate(class)
	copy(t.entries[start:], t.entries[s.start:s.start+s.count])
	for e := start; e < start+s.count; e++ {
		locations[t.entries[e].id].entry = e
	}
	t.release(s)
	s.start, s.class = start, class
}

func (t *cellTable) allocate(class int32) int32 {
	if n := len(t.free[class]); n > 0 {
		start := t.free[class][n-1]
		t.free[class] = t.free[class][:n-1]
		return start
	}
	start := len(t.entries)
	for range 1 << class {
		t.entries = append(t.entries, entry{})
	}
	return int32(start)
}

// release gives the run of a cell back.
func (t *cellTable) release(s *slot) {
	if s.class != 0 {
		t.free[s.class] = append(t.free[s.class], s.start)
	}
	s.start, s.class = 0, 0
}

// narrow recomputes the skills of a cell after one of its entries changed. A crowded cell keeps what it has: a superset is
// still right, only less selective.
func (t *cellTable) narrow(s *slot) {
	const crowded = 64
	if s.count > crowded {
		return
	}
	s.skills = 0
	for _, e := range t.entries[s.start : s.start+s.count] {
		s.skills |= e.skills
	}
}

func (t *cellTable) setSkills(at location, skills uint64) {
	t.entries[at.entry].skills = skills
	s := &t.slots[at.slot]
	s.skills |= skills
	t.narrow(s)
}
