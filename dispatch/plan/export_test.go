package plan

// Effort is the number of routes walked and gaps read by the last search.
func (b *Board) Effort() (walks, gaps int) { return b.query.walks, b.query.scanned }

// CompareRank orders visits for admission.
func (b *Board) CompareRank(v, w int32) int { return b.compareRank(v, w) }

// Everywhere is what Offer must return.
func (b *Board) Everywhere(v int32) []Offer { return everywhere(b, v) }
