package main

import (
	"os"
	"strings"
	"testing"
)

func Example() {
	main()
	// Output:
	// Ann
	//   08:08 key
	//   08:27 drain
	//   10:00 leak
	// Bo
	//   09:11 socket
	//   14:00 lamp
}

// TestREADMEShowsIt holds the program in the README to the one that is compiled and run here.
func TestREADMEShowsIt(t *testing.T) {
	t.Parallel()
	code, err := os.ReadFile("main.go")
	if err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, body, _ := strings.Cut(string(code), "func main() {")
	body, _, _ = strings.Cut(body, "\n}\n")
	if body == "" || !strings.Contains(string(readme), "func main() {"+body+"\n}\n") {
		t.Error("README.md does not show the main function of examples/day/main.go")
	}
	if n := strings.Count(body, "\n"); n > 10 {
		t.Errorf("%d lines, want ten at most", n)
	}
}
