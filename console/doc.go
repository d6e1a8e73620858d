// Package console is the web application of Fettle as files in the binary: a live map for dispatchers.
//
// It is not an API and knows nothing of orders: the page in the browser speaks to the public HTTP interface with a bearer
// token like any other program. The sources (TypeScript, Preact, MapLibre) are in src; "make console" builds them into
// dist/built, which git ignores. A binary that is built without them serves the committed page dist/index.html, which says
// so. Start reading at [Handler].
package console
