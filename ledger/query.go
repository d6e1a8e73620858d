package ledger

// Query selects records of a kind, in the order of a key and then of ids, or of ids alone. All, Where and Between make it.
type Query struct {
	Kind string
	Key  string // name of the key; "" selects all records, by id
	// Exact selects records whose key is Value. Else those whose key is at least From and below To; "" leaves an end open.
	Exact    bool
	Value    string
	From, To string
	// Descending reads from the end.
	Descending bool
	// After is where the page before ended: Page.Next of it, zero for the first page.
	After Place
}

// Direction is 1 for a query that reads from the beginning, -1 for one that reads from the end.
func (q *Query) Direction() int {
	if q.Descending {
		return -1
	}
	return 1
}

// Place is a place in the order of a query.
type Place struct {
	Value string // of the key; "" when the order is that of ids
	ID    string
}

// Page is part of what a query selects.
type Page struct {
	Records []Record
	// Next is where the next page begins; zero when this one is the last.
	Next Place
}

// All selects every record of a kind, by id: in the order of creation.
func All(kind string) Query { return Query{Kind: kind} }

// Where selects the records that have a value under a key, by id.
func Where(kind, key, value string) Query {
	return Query{Kind: kind, Key: key, Exact: true, Value: value}
}

// Between selects the records whose key is at least from and below to, by key; "" leaves an end open.
func Between(kind, key, from, to string) Query {
	return Query{Kind: kind, Key: key, From: from, To: to}
}

// Under selects the records whose key begins with the parts that Text or Join has made a value of, by what follows them.
func Under(kind, key, first string) Query {
	return Query{Kind: kind, Key: key, From: first + separator, To: first + "\x02"}
}
