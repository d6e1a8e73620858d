package marketserver

import (
	"fmt"
	"strings"

	dispatchv1 "fettle/api/gen/fettle/dispatch/v1"
	tenancyv1 "fettle/api/gen/fettle/tenancy/v1"
	"fettle/internal/csvtable"
	"fettle/internal/wire"
	"fettle/invalid"
	"fettle/rental/comparable"
)

// importMost is how many offers are taken in at once.
const importMost = 5000

// readOffers reads the offers of an import, each id once: what comes last.
func readOffers(r *tenancyv1.ImportComparablesRequest) ([]comparable.Offer, error) {
	in := r.GetOffers()
	if r.GetCsv() != "" {
		rows, err := csvtable.Read(r.GetCsv(), []string{"id", "latitude", "longitude", "areaSquareMeters", "rentCents", "date", "source"}, []string{"datum"}, importMost)
		if err != nil {
			return nil, err
		}
		for i := range rows {
			o, err := offerRow(&rows[i])
			if err != nil {
				return nil, err
			}
			in = append(in, o)
		}
	}
	if len(in) == 0 || len(in) > importMost {
		return nil, &invalid.Error{Field: "offers", Want: "1 to 5,000 offers"}
	}
	at := map[string]int{}
	var out []comparable.Offer
	for i, m := range in {
		o, err := readOffer(m)
		if err != nil {
			return nil, wire.In(fmt.Sprintf("offers[%d]", i), err)
		}
		if n, twice := at[o.ID]; twice {
			out[n] = o
			continue
		}
		at[o.ID] = len(out)
		out = append(out, o)
	}
	return out, nil
}

// offerRow reads a line of a table.
func offerRow(r *csvtable.Row) (*tenancyv1.Offer, error) {
	o := &tenancyv1.Offer{Id: r.Get("id"), Date: r.Get("date"), Source: r.Get("source"), Location: &dispatchv1.LatLng{}}
	if o.GetId() == "" {
		return nil, r.Fault("id", "the id of the offer at its source")
	}
	datum, ok := dispatchv1.Datum_value[strings.ToUpper(r.Get("datum"))]
	if r.Get("datum") != "" && !ok {
		return nil, r.Fault("datum", "WGS84, GCJ02 or BD09")
	}
	o.Location.Datum = dispatchv1.Datum(datum)
	var err error
	if o.Location.Latitude, err = r.Float("latitude"); err != nil {
		return nil, err
	}
	if o.Location.Longitude, err = r.Float("longitude"); err != nil {
		return nil, err
	}
	if o.AreaSquareMeters, err = r.Float("areaSquareMeters"); err != nil {
		return nil, err
	}
	o.RentCents, err = r.Int("rentCents")
	return o, err
}

func readOffer(m *tenancyv1.Offer) (comparable.Offer, error) {
	o := comparable.Offer{ID: m.GetId(), Area: m.GetAreaSquareMeters(), Rent: m.GetRentCents(), Source: m.GetSource()}
	var err error
	if o.Place, err = wire.Point("location", m.GetLocation()); err != nil {
		return o, err
	}
	if o.Date, err = day("date", m.GetDate()); err != nil {
		return o, err
	}
	return o, o.Validate()
}

func showAnswer(a *comparable.Answer, area float64) *tenancyv1.Comparables {
	out := &tenancyv1.Comparables{
		AreaSquareMeters: area, MedianCentsPerSquareMeter: a.Median, LowCents: a.Low, SuggestedCents: a.Suggested, HighCents: a.High, NoData: a.NoData,
	}
	for i := range a.Comparables {
		c := &a.Comparables[i]
		out.Comparables = append(out.Comparables, &tenancyv1.Comparables_Comparable{
			Offer: &tenancyv1.Offer{
				Id: c.ID, Location: wire.LatLng(c.Place), AreaSquareMeters: c.Area, RentCents: c.Rent, Date: c.Date.String(), Source: c.Source,
			},
			DistanceMeters: float64(c.Meters), CentsPerSquareMeter: c.PerSquare,
		})
	}
	return out
}
