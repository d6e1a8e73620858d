package benchfamily

import "math"

// Row is one run of a routing case. Costs are in units of the case's source and do not contain what visits left out cost.
type Row struct {
	Family      string  `json:"family,omitempty"`
	Case        string  `json:"case"`
	Seed        uint64  `json:"seed"`
	Visits      int     `json:"visits"`
	Technicians int     `json:"technicians"`
	Routes      int     `json:"routes"`
	Cost        float64 `json:"cost"`
	// Best is the best value known; GapPercent compares with it when both serve the same visits by number and priority.
	Best           *float64 `json:"best,omitempty"`
	GapPercent     *float64 `json:"gapPercent,omitempty"`
	Unassigned     int      `json:"unassigned"`
	BestUnassigned *int     `json:"bestUnassigned,omitempty"`
	Priority       *int64   `json:"priority,omitempty"` // sum over the visits served, where visits have any
	PriorityTotal  *int64   `json:"priorityTotal,omitempty"`
	BestPriority   *int64   `json:"bestPriority,omitempty"`
	// Verdict compares priority, then visits left out, then cost with the best known: better, equal or worse.
	Verdict     string  `json:"verdict,omitempty"`
	TravelHours float64 `json:"travelHours,omitempty"` // where the case has real time
	Seconds     float64 `json:"seconds"`               // from the reading of the file to the plan written
	Budget      float64 `json:"budget,omitempty"`
	OverRun     float64 `json:"overRun"` // seconds beyond the budget
	Iterations  int64   `json:"iterations"`
	PeakMB      float64 `json:"peakMB"`
	Checked     bool    `json:"checked"` // the independent checker accepted the plan
	PeersSeen   bool    `json:"peersMeasured,omitempty"`
	Error       string  `json:"error,omitempty"`
}

// Summary ends a family. Means are over the runs that have the value.
type Summary struct {
	Summary        bool     `json:"summary"`
	Family         string   `json:"family"`
	Cases          int      `json:"cases"`
	Runs           int      `json:"runs"`
	Failed         int      `json:"failed"` // runs with an error, or with a plan that the checker refuses
	Budget         float64  `json:"budget,omitempty"`
	MeanGapPercent *float64 `json:"meanGapPercent,omitempty"`
	MaxGapPercent  *float64 `json:"maxGapPercent,omitempty"`
	GapRuns        int      `json:"gapRuns,omitempty"`
	Better         int      `json:"better,omitempty"`
	Equal          int      `json:"equal,omitempty"`
	Worse          int      `json:"worse,omitempty"`
	MeanCost       float64  `json:"meanCost,omitempty"`
	MeanUnassigned float64  `json:"meanUnassigned"`
	MeanPriority   *float64 `json:"meanPriority,omitempty"`
	MeanSeconds    float64  `json:"meanSeconds"`
	MaxOverRun     float64  `json:"maxOverRun"`
	PeakMB         float64  `json:"peakMB,omitempty"`

	gap, cost, unassigned, priority, seconds float64
	priorityRuns                             int
}

func (s *Summary) add(row measured) {
	s.Runs++
	row.addTo(s)
}

func (s *Summary) addGap(gap *float64) {
	if gap == nil {
		return
	}
	s.gap += *gap
	if s.GapRuns++; s.MaxGapPercent == nil || *gap > *s.MaxGapPercent {
		s.MaxGapPercent = gap
	}
}

func (r *Row) addTo(s *Summary) {
	if r.Error != "" || !r.Checked {
		s.Failed++
	}
	s.addGap(r.GapPercent)
	switch r.Verdict {
	case verdictBetter:
		s.Better++
	case verdictEqual:
		s.Equal++
	case verdictWorse:
		s.Worse++
	}
	if r.Priority != nil {
		s.priority += float64(*r.Priority)
		s.priorityRuns++
	}
	s.cost, s.unassigned, s.seconds = s.cost+r.Cost, s.unassigned+float64(r.Unassigned), s.seconds+r.Seconds
	s.MaxOverRun, s.PeakMB = max(s.MaxOverRun, r.OverRun), max(s.PeakMB, r.PeakMB)
}

func (s *Summary) finish() {
	if s.GapRuns > 0 {
		s.MeanGapPercent = rounded(s.gap/float64(s.GapRuns), 4)
	}
	if s.priorityRuns > 0 {
		s.MeanPriority = rounded(s.priority/float64(s.priorityRuns), 2)
	}
	runs := float64(max(s.Runs, 1))
	s.MeanCost, s.MeanUnassigned, s.MeanSeconds = *rounded(s.cost/runs, 3), *rounded(s.unassigned/runs, 3), *rounded(s.seconds/runs, 6)
}

// rounded cuts a value to so many decimals, for files that people read.
func rounded(v float64, decimals int) *float64 {
	scale := math.Pow10(decimals)
	v = math.Round(v*scale) / scale
	return &v
}
