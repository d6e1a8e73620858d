// Package pdf writes documents for people: a title, facts, paragraphs, tables, places to sign, on pages of A4.
//
// Text is Chinese and English in one font that is in the binary and, as far as it is used, in each document: a copy looks the same
// on every machine, in ten years too. The same document gives the same bytes. Characters that the font lacks are shown as a box,
// never left out in silence.
package pdf
