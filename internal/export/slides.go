package export

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// Deck says what slides are of.
type Deck struct {
	Client
	Kind     string         // leases or workOrders
	Ask      map[string]any // the body of the :export, as {"language": "zh"}
	Interval time.Duration  // between two looks at how far it is
}

// operation is how far the service is.
type operation struct {
	ID        string `json:"id"`
	State     string `json:"state"`
	Problem   string `json:"problem"`
	ItemsDone string `json:"itemsDone"`
	FileParts int    `json:"fileParts"`
}

// Slides has the service make slides, and writes them. It returns how many rows they are of.
func Slides(ctx context.Context, d *Deck, to io.Writer) (rows int64, err error) {
	ask := map[string]any{"format": "PDF"}
	for name, value := range d.Ask {
		ask[name] = value
	}
	var op operation
	if err = d.Into(ctx, http.MethodPost, "/v1/"+d.Kind+":export", ask, &op); err != nil {
		return 0, err
	}
	tick := time.NewTicker(max(d.Interval, 10*time.Millisecond))
	defer tick.Stop()
	at := "/v1/operations/" + url.PathEscape(op.ID)
	for op.State == "RUNNING" {
		select {
		case <-ctx.Done():
			return 0, ctx.Err()
		case <-tick.C:
		}
		if err = d.Into(ctx, http.MethodGet, at, nil, &op); err != nil {
			return 0, err
		}
	}
	if op.State != "SUCCEEDED" {
		return 0, fmt.Errorf("slides: %s: %s", op.State, op.Problem)
	}
	for part := range op.FileParts {
		file, err := d.Call(ctx, http.MethodGet, at+"/file?purpose=slides&part="+strconv.Itoa(part), nil)
		if err != nil {
			return 0, err
		}
		if _, err := to.Write(file); err != nil {
			return 0, err
		}
	}
	rows, err = strconv.ParseInt("0"+op.ItemsDone, 10, 64)
	return rows, err
}
