// Package posts puts the question of forecast/standby in terms of a map: cells with expected events, people who are somewhere,
// and ways between. [Choose] says for each of them in which cell to wait, and in words why.
package posts
