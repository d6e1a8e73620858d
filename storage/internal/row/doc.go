// Package row is what the stores of storage share: which columns a thing has, how a value becomes a row and a row a value
// again, and the statements that both databases take as they are. Parameters are $1, $2 in the order of their first use,
// which is how PostgreSQL numbers them and SQLite too. Migrations, transactions and the meaning of errors are each store's
// own.
//
// Columns are what is queried or constrained; the rest of a row is JSON in detail (detail.go).
package row
