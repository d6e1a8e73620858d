package plan

// Effort is the number of routes walked and gaps read by the last search.
func (b *Board) Effort() (walks, gaps int) { return b.query.walks, b.query.scanned }
