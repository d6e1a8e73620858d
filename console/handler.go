package console

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"time"
)

//go:embed all:dist
var files embed.FS

// policy keeps the page to its own origin. MapLibre starts its worker from a file of this origin and draws its images from
// blobs; nothing needs inline scripts or styles.
const policy = "default-src 'self'; worker-src 'self' blob:; img-src 'self' data: blob:; " +
	"object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// asset is one file as it is sent.
type asset struct {
	mediaType    string
	etag         string
	cacheControl string
	plain        []byte
	gzipped      []byte // nil: only plain
}

// Handler serves the built console, or the page that says how to build it: the console at /, the page of technicians at /t/,
// that of tenants at /r/ with any token behind it. Names under /assets/ hold a hash of their
// content and may be cached forever; the page itself is asked for again each time. Unknown paths are 404, other methods than
// GET and HEAD are 405. It is safe for concurrent use.
func Handler() http.Handler {
	return newHandler(built(files))
}

// Built says whether the binary holds the console and not only the page that says how to build it.
func Built() bool {
	_, err := fs.Stat(files, "dist/built/index.html")
	return err == nil
}

// built is the folder to serve: the built console where it is there.
func built(all fs.FS) fs.FS {
	for _, dir := range []string{"dist/built", "dist"} {
		if _, err := fs.Stat(all, dir+"/index.html"); err != nil {
			continue
		}
		if sub, err := fs.Sub(all, dir); err == nil {
			return sub
		}
	}
	return all
}

// newHandler reads all of dir once. A file that cannot be read is as if it were not there.
func newHandler(dir fs.FS) http.Handler {
	assets := make(map[string]asset)
	_ = fs.WalkDir(dir, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || strings.HasSuffix(name, ".gz") {
			return nil //nolint:nilerr // the walk goes on without what it cannot read
		}
		plain, err := fs.ReadFile(dir, name)
		if err != nil {
			return nil //nolint:nilerr // as above
		}
		gzipped, err := fs.ReadFile(dir, name+".gz")
		if err != nil {
			gzipped = nil
		}
		assets["/"+name] = newAsset(name, plain, gzipped)
		return nil
	})
	for _, folder := range []string{"/", technicianPath, tenantPath} {
		index, ok := assets[folder+"index.html"]
		if !ok { // not built: the one page that is there says how
			index, ok = assets["/index.html"]
		}
		if ok {
			assets[folder] = index
		}
	}
	return handler{assets}
}

// Where the pages are. A token follows the path of the tenants' page: it is a credential, and the page reads it from its own
// address. It reaches no other site, since nothing is loaded from one and no referrer is sent.
const (
	technicianPath = "/t/"
	tenantPath     = "/r/"
)

// find returns the file of a path.
func (h handler) find(name string) (asset, bool) {
	if token, ok := strings.CutPrefix(name, tenantPath); ok && token != "" && !strings.Contains(token, "/") && token != "index.html" {
		name = tenantPath
	}
	a, ok := h.assets[name]
	return a, ok
}

func newAsset(name string, plain, gzipped []byte) asset {
	sum := sha256.Sum256(plain)
	a := asset{
		mediaType:    mediaType(name),
		etag:         `"` + hex.EncodeToString(sum[:12]) + `"`,
		cacheControl: "no-cache",
		plain:        plain,
		gzipped:      gzipped,
	}
	if strings.HasPrefix(name, "assets/") {
		a.cacheControl = "public, max-age=31536000, immutable"
	}
	return a
}

// mediaType does not ask the operating system for what the console has: a machine whose table is wrong would show no page.
func mediaType(name string) string {
	switch path.Ext(name) {
	case ".html":
		return "text/html; charset=utf-8"
	case ".js", ".mjs":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".webmanifest":
		return "application/manifest+json"
	case ".png":
		return "image/png"
	}
	if t := mime.TypeByExtension(path.Ext(name)); t != "" {
		return t
	}
	return "application/octet-stream"
}

// handler maps request paths to files.
type handler struct{ assets map[string]asset }

// ServeHTTP sends one file.
func (h handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Content-Security-Policy", policy)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("Cross-Origin-Opener-Policy", "same-origin")
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		header.Set("Allow", "GET, HEAD")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	if r.URL.Path+"/" == technicianPath {
		http.Redirect(w, r, technicianPath, http.StatusPermanentRedirect)
		return
	}
	a, ok := h.find(r.URL.Path)
	if !ok {
		http.NotFound(w, r)
		return
	}
	header.Set("Content-Type", a.mediaType)
	header.Set("Cache-Control", a.cacheControl)
	header.Set("ETag", a.etag)
	body := a.plain
	if a.gzipped != nil {
		header.Set("Vary", "Accept-Encoding")
		if acceptsGzip(r.Header.Get("Accept-Encoding")) {
			header.Set("Content-Encoding", "gzip")
			header.Set("ETag", strings.TrimSuffix(a.etag, `"`)+`-gzip"`)
			body = a.gzipped
		}
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
}

// acceptsGzip reads an Accept-Encoding header: gzip is named and not with weight zero.
func acceptsGzip(accepted string) bool {
	for _, part := range strings.Split(accepted, ",") {
		coding, weight, _ := strings.Cut(part, ";")
		if strings.TrimSpace(coding) != "gzip" {
			continue
		}
		weight = strings.ReplaceAll(weight, " ", "")
		return weight == "" || strings.Trim(strings.TrimPrefix(weight, "q="), "0.") != ""
	}
	return false
}
