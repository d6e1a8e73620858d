package draw

import "strings"

// Routes take nine colours, then the same nine dashed: the "muted" scheme of Tol (2021), Colour Schemes, SRON technical
// note EPS/TN/09-002, section 2, made to be told apart with any colour vision. The order puts strong ones first; sand and
// indigo change for light and dark paper, where the original is too near to the background.
var (
	lightColors = [...]string{"#332288", "#CC6677", "#117733", "#B8992E", "#5BA9D0", "#882255", "#44AA99", "#8A8A22", "#AA4499"}
	darkColors  = [...]string{"#9F94EE", "#E08391", "#4FB574", "#DDCC77", "#88CCEE", "#D46AA0", "#5CC9B7", "#BDBD4A", "#CC77BF"}
	dashes      = [...]string{"", "9 4", "2 3", "10 3 2 3", "16 4", "5 2"}
)

const theme = `.fettle-plan{max-width:100%;height:auto;font-family:system-ui,"Segoe UI",Roboto,"Helvetica Neue",Arial,"Noto Sans","DejaVu Sans",sans-serif;font-variant-numeric:tabular-nums}
.fettle-plan text{fill:#23272e;font-size:12.5px}
.fettle-plan .title{font-size:23px;font-weight:650;letter-spacing:-.01em}
.fettle-plan .lead{font-size:13.5px;fill:#5b626d}
.fettle-plan .quiet{fill:#6a717c;font-size:11.5px}
.fettle-plan .end{text-anchor:end}
.fettle-plan .mid{text-anchor:middle}
.fettle-plan .tag{font-size:10px}
.fettle-plan .halo{paint-order:stroke;stroke:#fdfcfa;stroke-width:3.5px;stroke-linejoin:round}
.fettle-plan .home{font-weight:600;font-size:11.5px}
.fettle-plan .slim{display:none}
.fettle-plan .paper{fill:#fdfcfa}
.fettle-plan .panel{fill:#f5f3ee;stroke:#e4e0d8}
.fettle-plan .hub{fill:#23272e}
.fettle-plan .grid{stroke:#d9d5cc;stroke-width:.8}
.fettle-plan .day{stroke:#8a8f98;stroke-width:1.2}
.fettle-plan .row{fill:#f5f3ee}
.fettle-plan .shift{fill:#e9e5dc}
.fettle-plan .break{fill:#9aa0a8}
.fettle-plan .hatch{stroke:#8a8f98;stroke-width:1.3}
.fettle-plan .wait{fill:url(#fettle-wait);fill-opacity:.75}
.fettle-plan .leg{fill:none;stroke:currentColor;stroke-width:2.1;stroke-linejoin:round}
.fettle-plan .commute{fill:none;stroke:currentColor;stroke-width:1.3;stroke-opacity:.6}
.fettle-plan .dense .leg{stroke-width:1.4;stroke-opacity:.8}
.fettle-plan .dense .commute{stroke-width:.8;stroke-opacity:.35}
.fettle-plan .solid{fill:currentColor}
.fettle-plan .ring{fill:#fdfcfa;stroke:currentColor;stroke-width:2}
.fettle-plan .open{fill:currentColor;fill-opacity:.13}
.fettle-plan .work{fill:currentColor;fill-opacity:.3;stroke:currentColor;stroke-width:1}
.fettle-plan .entry{fill:currentColor;fill-opacity:.6}
.fettle-plan .alarm{fill:none;stroke:#d1242f;stroke-width:2.2}
.fettle-plan .late{fill:#d1242f}
.fettle-plan .cross{fill:#fdfcfa;stroke:#23272e;stroke-width:1.3}
`

const darkTheme = `.fettle-plan text{fill:#e6e4df}
.fettle-plan .lead{fill:#a6abb3}
.fettle-plan .quiet{fill:#989ea7}
.fettle-plan .halo{stroke:#1e2227}
.fettle-plan .paper{fill:#16191d}
.fettle-plan .panel{fill:#1e2227;stroke:#30353c}
.fettle-plan .hub{fill:#e6e4df}
.fettle-plan .grid{stroke:#363c44}
.fettle-plan .day{stroke:#7d848e}
.fettle-plan .row{fill:#1c2025}
.fettle-plan .shift{fill:#272c33}
.fettle-plan .break{fill:#6d747e}
.fettle-plan .hatch{stroke:#8d949e}
.fettle-plan .ring{fill:#16191d}
.fettle-plan .work{fill-opacity:.38}
.fettle-plan .alarm{stroke:#ff6b6b}
.fettle-plan .late{fill:#ff6b6b}
.fettle-plan .cross{fill:#16191d;stroke:#e6e4df}
`

// narrowTheme makes text readable when a thousand units become four hundred pixels.
const narrowTheme = `.fettle-plan text{font-size:21px}
.fettle-plan .title{font-size:34px}
.fettle-plan .lead{font-size:22px}
.fettle-plan .quiet,.fettle-plan .home{font-size:19px}
.fettle-plan .tag,.fettle-plan .fine,.fettle-plan .wide{display:none}
.fettle-plan .slim{display:inline}
.fettle-plan .leg{stroke-width:3.2}
`

// style is the style sheet. Rules name the root's class, so that a page may hold several pictures.
func style() string {
	var b strings.Builder
	b.WriteString("\n" + theme)
	palette(&b, lightColors[:])
	b.WriteString("@media (prefers-color-scheme:dark){\n" + darkTheme)
	palette(&b, darkColors[:])
	b.WriteString("}\n@media (max-width:600px){\n" + narrowTheme + "}\n")
	return b.String()
}

func palette(b *strings.Builder, colors []string) {
	for i, color := range colors {
		b.WriteString(".fettle-plan .c" + num(float64(i)) + "{color:" + color + "}\n")
	}
}

// colorOf is the class of a route's colour.
func colorOf(route int) string { return "c" + num(float64(route%len(lightColors))) }

// dashOf is the dash pattern of a route: nine solid ones, then dashed.
func dashOf(route int) string { return dashes[route/len(lightColors)%len(dashes)] }
