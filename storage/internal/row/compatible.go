package row

import "fmt"

// QueryCompatible asks for the lowest version of the schema that a program must know to run on this one.
const QueryCompatible = `SELECT lowest_version FROM schema_compatible`

// Compatible says whether a program that knows the schema up to a version may run on one that is newer, and on which programs
// that know lowest may run: nil when it may, else an error that is newer and tells what it takes.
func Compatible(have, known, lowest int64, newer error) error {
	if known >= lowest {
		return nil
	}
	return fmt.Errorf("schema %d needs a program that knows schema %d, this one knows %d: start the newer program, or restore the backup from before it: %w",
		have, lowest, known, newer)
}
