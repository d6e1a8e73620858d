package marketserver

import (
	"context"
	"sync"

	"fettle/geo"
	"fettle/geo/index"
	"fettle/internal/registry"
	"fettle/ledger"
	"fettle/org"
	"fettle/rental/comparable"
)

// markets are the offers of each org in memory.
type markets struct {
	mu   sync.Mutex
	orgs map[org.ID]*market
}

// of is the market of an org.
func (m *markets) of(o org.ID) *market {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.orgs == nil {
		m.orgs = map[org.ID]*market{}
	}
	if m.orgs[o] == nil {
		m.orgs[o] = &market{}
	}
	return m.orgs[o]
}

// market is the offers of one org in an R-tree. They are read at the first question; what is imported later is added.
type market struct {
	mu     sync.RWMutex
	tree   *index.Tree // nil: not read yet
	offers []comparable.Offer
	number map[string]int32 // by id
}

// pageSize is how many records are read at once.
const pageSize = 1000

// load reads the offers unless they are read already.
func (m *market) load(ctx context.Context, s ledger.Reader, k *registry.Kind[comparable.Offer], o org.ID) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.tree != nil {
		return nil
	}
	fresh := &market{tree: &index.Tree{}, number: map[string]int32{}}
	q := k.All()
	for {
		items, next, err := k.List(ctx, s, o, q, pageSize)
		if err != nil {
			return err
		}
		for _, item := range items {
			fresh.put(&item.Value)
		}
		if next == (ledger.Place{}) {
			break
		}
		q.After = next
	}
	m.tree, m.offers, m.number = fresh.tree, fresh.offers, fresh.number
	return nil
}

// add takes offers in that were kept. Those of a market that is not read yet are read with the others.
func (m *market) add(offers []comparable.Offer) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.tree == nil {
		return
	}
	for i := range offers {
		m.put(&offers[i])
	}
}

func (m *market) put(o *comparable.Offer) {
	n, ok := m.number[o.ID]
	if !ok {
		n = int32(len(m.offers))
		m.number[o.ID] = n
		m.offers = append(m.offers, *o)
	}
	m.offers[n] = *o
	_ = m.tree.Put(index.PointItem(n, o.Place, index.Window{})) // the place was checked before it was kept
}

// Nearest implements comparable.Nearer.
func (m *market) Nearest(p geo.Point, k int, keep func(o *comparable.Offer) bool) []comparable.Offer {
	m.mu.RLock()
	defer m.mu.RUnlock()
	found := m.tree.Nearest(p, k, index.Window{}, func(id int32) bool { return keep(&m.offers[id]) }, nil)
	out := make([]comparable.Offer, len(found))
	for i, f := range found {
		out[i] = m.offers[f.ID]
	}
	return out
}
