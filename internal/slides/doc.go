// Package slides makes decks of what spreadsheets hold, for people who meet over them: of leases when they end, how many are renewed and what
// empty dwellings cost; of work orders what they are and how well they are served. One figure a slide, with its definition and the day
// that it is of.
//
// Rows are counted page by page through the public contract with the rights of whoever asked, so that a deck of any number of rows takes the
// memory of its counts; internal/operationserver carries it on, as an operation.
//
// Read slides.go for how a deck is made, leases.go and orders.go for what they count, words.go for both languages.
package slides
