package archtest

// paperRows are documents for people.
func paperRows() []Row {
	return []Row{
		{
			Package: "internal/adapter/pdf", Outside: []string{"codeberg.org/go-pdf/fpdf", "golang.org/x/image"},
			Why: "documents as PDF: the only package that knows the format, and the font",
		},
	}
}
