package postgres

import (
	"strconv"
	"strings"
	"sync"

	"fettle/storage/internal/row"
)

// most is how many rows one statement writes at most. Rows are taken in powers of two, so that a connection prepares few texts.
const most = 32

// texts are those that write several rows: made once.
type texts struct{ made sync.Map }

// textKey names a text by that which writes one row, and the number of rows.
type textKey struct {
	text string
	rows int
}

// together makes one statement of neighbors that put rows into the same table: what a statement costs the server is mostly its
// beginning. The rows stay in their order.
func (t *texts) together(in []row.Statement) []row.Statement {
	out := make([]row.Statement, 0, len(in))
	for len(in) > 0 {
		n := 1
		if keys, ok := joinable(in[0].SQL); ok {
			n = neighbors(in[:min(len(in), most)], keys)
		}
		if n == 1 {
			out, in = append(out, in[0]), in[1:]
			continue
		}
		args := make([]any, 0, n*len(in[0].Args))
		for i := range n {
			args = append(args, in[i].Args...)
		}
		out, in = append(out, row.Statement{SQL: t.severalRows(in[0].SQL, n, len(in[0].Args)), Args: args}), in[n:]
	}
	return out
}

// joinable reports whether a statement puts one row, given by its arguments, into a table, and how many of its first arguments
// tell one row from another where a row that is there is changed; 0 where none is.
func joinable(text string) (keys int, ok bool) {
	if !strings.HasPrefix(text, "INSERT INTO ") || !strings.Contains(text, "VALUES ($1,") {
		return 0, false
	}
	if _, conflict, found := strings.Cut(text, "ON CONFLICT ("); found {
		columns, _, _ := strings.Cut(conflict, ")")
		keys = strings.Count(columns, ",") + 1
	}
	return keys, true
}

// neighbors is how many statements from the first on can be one: a power of two of the same text, which name no row twice, as
// the server changes a row once in a statement.
func neighbors(in []row.Statement, keys int) int {
	n := 1
	for n < len(in) && in[n].SQL == in[0].SQL && (keys == 0 || !named(in[:n], in[n].Args[:keys])) {
		n++
	}
	power := 1
	for 2*power <= n {
		power *= 2
	}
	return power
}

func named(in []row.Statement, key []any) bool {
	for i := range in {
		same := true
		for k := range key {
			same = same && in[i].Args[k] == key[k]
		}
		if same {
			return true
		}
	}
	return false
}

// severalRows is the text that writes n rows of the given number of arguments.
func (t *texts) severalRows(text string, n, args int) string {
	if made, ok := t.made.Load(textKey{text, n}); ok {
		return made.(string) //nolint:errcheck // of this function
	}
	head, rest, _ := strings.Cut(text, "VALUES ")
	first, tail := values(rest)
	var b strings.Builder
	b.WriteString(head + "VALUES " + first)
	for i := 1; i < n; i++ {
		b.WriteString(", " + shifted(first, i*args))
	}
	b.WriteString(tail)
	t.made.Store(textKey{text, n}, b.String())
	return b.String()
}

// values cuts a text behind the list in parentheses with which it begins.
func values(text string) (list, rest string) {
	depth := 0
	for i, r := range text {
		switch r {
		case '(':
			depth++
		case ')':
			depth--
		}
		if depth == 0 {
			return text[:i+1], text[i+1:]
		}
	}
	return text, ""
}

// shifted adds by to the number of each parameter.
func shifted(list string, by int) string {
	parts := strings.Split(list, "$")
	for i := 1; i < len(parts); i++ {
		digits := len(parts[i]) - len(strings.TrimLeft(parts[i], "0123456789"))
		n, _ := strconv.Atoi(parts[i][:digits]) // digits alone
		parts[i] = strconv.Itoa(n+by) + parts[i][digits:]
	}
	return strings.Join(parts, "$")
}
