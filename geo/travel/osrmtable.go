package travel

import (
	"encoding/json"
	"fmt"
	"net/http"

	"fettle/geo"
)

// osrmTable is one decoded answer, row-major and rounded.
type osrmTable struct {
	columns         int
	seconds, meters []int32
}

// osrmResponse is the part of the JSON that is read. A null is a nil pointer.
type osrmResponse struct {
	Code      string       `json:"code"`
	Message   string       `json:"message"`
	Durations [][]*float64 `json:"durations"`
	Distances [][]*float64 `json:"distances"`
}

// decodeOSRM reads an answer that must be a table of sources x destinations.
func decodeOSRM(status int, body []byte, sources, destinations int) (osrmTable, error) {
	var r osrmResponse
	err := json.Unmarshal(body, &r)
	if err != nil || r.Code != "Ok" || status != http.StatusOK {
		if err == nil && status == http.StatusOK && r.Code == "" {
			return osrmTable{}, fmt.Errorf("decode answer: no code in %q", clip(body))
		}
		if err != nil && status == http.StatusOK {
			return osrmTable{}, fmt.Errorf("decode answer: %w", err)
		}
		refused := &OSRMError{Status: status, Code: r.Code, Message: clip([]byte(r.Message))}
		if r.Code == "" {
			refused.Message = clip(body)
		}
		return osrmTable{}, refused
	}
	t := osrmTable{columns: destinations}
	if t.seconds, err = flattenOSRM("durations", r.Durations, sources, destinations); err != nil {
		return osrmTable{}, err
	}
	if t.meters, err = flattenOSRM("distances", r.Distances, sources, destinations); err != nil {
		return osrmTable{}, err
	}
	// A pair without a way has none in either table.
	for i := range t.seconds {
		if t.seconds[i] == Unreachable || t.meters[i] == Unreachable {
			t.seconds[i], t.meters[i] = Unreachable, Unreachable
		}
	}
	return t, nil
}

func flattenOSRM(field string, rows [][]*float64, sources, destinations int) ([]int32, error) {
	if len(rows) != sources {
		return nil, fmt.Errorf("decode answer: %w", &geo.InvalidError{Field: field, Value: len(rows), Want: fmt.Sprintf("%d rows", sources)})
	}
	values := make([]int32, 0, sources*destinations)
	for i, row := range rows {
		if len(row) != destinations {
			return nil, fmt.Errorf("decode answer: %w", &geo.InvalidError{
				Field: fmt.Sprintf("%s[%d]", field, i), Value: len(row), Want: fmt.Sprintf("%d values", destinations),
			})
		}
		for j, x := range row {
			switch {
			case x == nil:
				values = append(values, Unreachable)
			case *x < 0:
				return nil, fmt.Errorf("decode answer: %w", &geo.InvalidError{
					Field: fmt.Sprintf("%s[%d][%d]", field, i, j), Value: *x, Want: "a number that is not negative, or null",
				})
			default:
				values = append(values, round(*x))
			}
		}
	}
	return values, nil
}

// copyTo writes the block into the tables of n places.
func (t osrmTable) copyTo(seconds, meters []int32, n int, b block) {
	for i := b.from; i < b.fromEnd; i++ {
		row := (i - b.from) * t.columns
		copy(seconds[i*n+b.to:i*n+b.toEnd], t.seconds[row:row+t.columns])
		copy(meters[i*n+b.to:i*n+b.toEnd], t.meters[row:row+t.columns])
	}
}

// clip keeps the beginning of what a service sent, for messages.
func clip(body []byte) string {
	const most = 200
	if len(body) > most {
		return string(body[:most]) + "..."
	}
	return string(body)
}
