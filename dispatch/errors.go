package dispatch

import "fettle/invalid"

// InvalidError says that a value that came from outside is not acceptable.
type InvalidError = invalid.Error
