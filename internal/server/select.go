package server

import (
	"slices"
	"strconv"
	"strings"

	"google.golang.org/protobuf/proto"

	"fettle/dispatch"
	"fettle/internal/call"
	"fettle/internal/sift"
)

// Bounds of lists that are filtered and ordered by the fields of messages.
const (
	scanPage  = 500     // rows that are read at a time
	maxScan   = 20_000  // rows that are looked at for one page; a page may then be short and have a next one
	maxOrder  = 10_000  // rows that are put in order
	maxSearch = 200_000 // rows that are looked at to find those
)

// selection is what a caller wants of a list beside what its store selects.
type selection struct {
	*Server
	c        caller
	filter   *sift.Filter
	order    *sift.Order
	spelled  string // for page tokens
	size     int
	position string // of the first row to look at
}

// listed is a request for a list that may be filtered and ordered.
type listed interface {
	GetPageSize() int32
	GetPageToken() string
	GetFilter() string
	GetOrderBy() string
}

// selects reads what a caller wants of a list of messages; spelled is what else distinguishes the list.
func (s *Server) selects(c caller, r listed, m proto.Message, spelled string) (*selection, error) {
	sel := &selection{Server: s, c: c, size: call.PageSize(r.GetPageSize())}
	var err error
	if sel.filter, err = sift.Parse(r.GetFilter(), m.ProtoReflect().Descriptor()); err != nil {
		return nil, err
	}
	if sel.order, err = sift.ParseOrder(r.GetOrderBy(), m.ProtoReflect().Descriptor()); err != nil {
		return nil, err
	}
	sel.spelled = call.Filter(spelled, strconv.Quote(r.GetFilter()), strconv.Quote(r.GetOrderBy()))
	if sel.filter.Empty() && sel.order.Empty() {
		sel.spelled = spelled
	}
	sel.position, err = call.PageAfter(r.GetPageToken(), sel.spelled)
	return sel, err
}

// row is a message with the id by which its store lists it.
type row[M proto.Message] struct {
	id string
	m  M
}

// source reads the rows after an id, at most limit of them, by rising id.
type source[M proto.Message] func(after string, limit int) ([]row[M], error)

// page is what the selection leaves of a list, and the token of the next page; "" on the last.
func page[M proto.Message](s *selection, read source[M]) ([]M, string, error) {
	if !s.order.Empty() {
		return ordered(s, read)
	}
	var out []M
	after, looked := s.position, 0
	for {
		limit := scanPage
		if s.filter.Empty() {
			limit = s.size + 1
		}
		rows, err := read(after, limit)
		if err != nil {
			return nil, "", err
		}
		for _, r := range rows {
			if m := seen(s, r.m); s.filter.Matches(m) {
				if len(out) == s.size {
					return out, call.PageToken(after, s.spelled), nil
				}
				out = append(out, m)
			}
			after = r.id
		}
		if looked += len(rows); len(rows) < limit {
			return out, "", nil
		}
		if looked >= maxScan {
			return out, call.PageToken(after, s.spelled), nil
		}
	}
}

// seen is a message as the caller may see it, where a filter or an order looks at it: what is hidden cannot be guessed by asking
// for it.
func seen[M proto.Message](s *selection, m M) M {
	if s.filter.Empty() && s.order.Empty() || !s.fields.Hides(m.ProtoReflect().Descriptor(), s.c.principal.Roles) {
		return m
	}
	s.fields.Mask(m, s.c.principal.Roles)
	return m
}

// ordered puts what the selection leaves in order and cuts a page out of it.
func ordered[M proto.Message](s *selection, read source[M]) ([]M, string, error) {
	skip, err := strconv.Atoi(strings.TrimPrefix(s.position, "after "))
	if err != nil && s.position != "" {
		return nil, "", &dispatch.InvalidError{Field: "pageToken", Want: "the nextPageToken of the page before"}
	}
	var all []M
	for after, looked := "", 0; ; {
		rows, err := read(after, scanPage)
		if err != nil {
			return nil, "", err
		}
		for _, r := range rows {
			after = r.id
			if m := seen(s, r.m); s.filter.Matches(m) {
				all = append(all, m)
			}
		}
		looked += len(rows)
		if len(all) > maxOrder || looked > maxSearch {
			return nil, "", &dispatch.InvalidError{
				Field: "orderBy", Want: "a filter that leaves at most " + strconv.Itoa(maxOrder) + " to put in order; without orderBy the oldest come first",
			}
		}
		if len(rows) < scanPage {
			break
		}
	}
	slices.SortStableFunc(all, func(x, y M) int { return s.order.Compare(x, y) })
	all = all[min(skip, len(all)):]
	if len(all) <= s.size {
		return all, "", nil
	}
	return all[:s.size], call.PageToken("after "+strconv.Itoa(skip+s.size), s.spelled), nil
}
