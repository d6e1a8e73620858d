package draw

// header writes the title and what the plan comes to.
func (s *scene) header(c *canvas, y float64) float64 {
	c.bothNames(margin, y+24, "title", s.title(), 70, 44)
	c.text(margin, y+50, "lead", s.lead())
	return y + 68
}

// beside is the most routes whose legend stands beside the map; longer ones go below it in columns.
const beside = 22

const (
	legendWidth = 300.0
	legendRow   = 25.0
)

// overview draws map and legend.
func (s *scene) overview(c *canvas, y float64) float64 {
	land := s.survey()
	if len(s.routes) > beside {
		h := inner * land.ratio(0.5, 0.85)
		bottom := s.chart(c, &land, box{margin, y, inner, h})
		const columns = 3
		rows := (len(s.routes) + columns - 1) / columns
		for k := range columns {
			from, to := min(k*rows, len(s.routes)), min((k+1)*rows, len(s.routes))
			s.legend(c, s.routes[from:to], margin+float64(k)*(inner+margin)/columns, bottom)
		}
		return bottom + legendRow*float64(rows+1) + 26
	}
	w := inner - legendWidth - margin
	h := max(w*land.ratio(0.55, 1.05), legendRow*float64(len(s.routes)+1))
	bottom := s.chart(c, &land, box{margin, y, w, h})
	s.legend(c, s.routes, margin+inner-legendWidth, y)
	return bottom + 14
}

// legend lists routes with their colour, visits, travel and duty.
func (s *scene) legend(c *canvas, routes []route, x, y float64) {
	if len(routes) == 0 {
		return
	}
	const visits, travel = 188.0, 244.0
	c.text(x+visits, y+14, "quiet end", "visits")
	if s.timed {
		c.text(x+travel, y+14, "quiet end fine", "travel")
		c.text(x+legendWidth, y+14, "quiet end", "duty")
	}
	for i := range routes {
		r := &routes[i]
		y += legendRow
		c.open("g", "class", colorOf(r.index))
		c.leaf("line", "", "class", "leg", "x1", x, "y1", y+10, "x2", x+26, "y2", y+10, "stroke-dasharray", dashOf(r.index))
		c.leaf("rect", "", "class", "solid", "x", x+9, "y", y+6, "width", 8, "height", 8, "rx", 1)
		c.close("g")
		c.bothNames(x+36, y+14.5, "", r.name, 18, 9)
		c.text(x+visits, y+14.5, "end", num(float64(r.visits)))
		if s.timed {
			c.text(x+travel, y+14.5, "end fine", s.length(float64(r.travel)))
			c.text(x+legendWidth, y+14.5, "end", s.length(r.duty()))
		}
	}
}
