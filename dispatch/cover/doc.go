// Package cover prices what a visit takes away from those who may need help next: a technician who waits near a place where
// emergencies are expected covers it, and one who is sent away does not until the visit is done.
//
// An Outlook is what a forecast expects, as places with rates. Cover is counted as in the maximum expected covering
// location problem (Daskin 1983, doi:10.1287/trsc.17.1.48): of n free technicians in reach of a place each is busy with a
// probability when the emergency comes, so that it finds somebody with probability 1 - busy^n. To send one of them costs
// the expected emergencies, while he is away, that would have found him and nobody else (dispatch.Policy.Cover prices them);
// ambulances are dispatched so (Jagtenberg, Bhulai and van der Mei 2015, doi:10.1016/j.orhc.2015.01.001). The package knows no engine
// and no model of forecasts: who plans joins them.
package cover
