// Package wire turns messages of the API into values of the domain and back. What comes in is checked here as far as one
// message can tell: an InvalidError names the field as JSON spells it. Coordinates are converted to WGS-84 on the way in and
// are WGS-84 on the way out. One file a resource.
package wire
