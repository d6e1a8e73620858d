// Package handbook keeps what docs/ tells people to type true: its test runs every block marked sh of the tutorial and the
// how-tos, page by page, in an empty folder, with the program on the PATH. It holds no code of the product.
package handbook
