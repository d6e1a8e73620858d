package app

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"fettle/org"
)

// orgFolder holds a token for each org beside the default one: NAME.token. An org is served because its token is there.
const orgFolder = "orgs"

// orgName is what an org may be called. It is part of file names and of the rows of the store.
var orgName = regexp.MustCompile(`^[a-z][a-z0-9-]{0,62}$`)

// orgToken is an org with the bearer token that has every role in it.
type orgToken struct {
	id    org.ID
	token string
}

// orgTokens lists the orgs of a data directory beside the default one, by name.
func orgTokens(dir string) ([]orgToken, error) {
	entries, err := os.ReadDir(filepath.Join(dir, orgFolder))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read orgs: %w", err)
	}
	var out []orgToken
	for _, e := range entries {
		name, ok := strings.CutSuffix(e.Name(), ".token")
		if !ok || !orgName.MatchString(name) || org.ID(name) == org.Default {
			continue // one that was not written to its end
		}
		token, err := readToken(filepath.Join(dir, orgFolder, e.Name()))
		if err != nil {
			return nil, err
		}
		out = append(out, orgToken{id: org.ID(name), token: token})
	}
	return out, nil
}

// orgIDs are the orgs to serve: the default one and those that are known.
func orgIDs(known []orgToken) []org.ID {
	ids := []org.ID{org.Default}
	for _, o := range known {
		ids = append(ids, o.id)
	}
	return ids
}

// CreateOrg makes an org in a data directory and returns the file with its token. A service that runs serves it after its
// next start.
func CreateOrg(dir, name string) (file string, err error) {
	if !orgName.MatchString(name) || org.ID(name) == org.Default {
		return "", fmt.Errorf("org %q: want 1 to 63 small letters, digits and hyphens, a letter first, and not %q, which is always there", name, org.Default)
	}
	known, err := orgTokens(dir)
	if err != nil {
		return "", err
	}
	if slices.ContainsFunc(known, func(o orgToken) bool { return o.id == org.ID(name) }) {
		return "", fmt.Errorf("org %s: it is there already", name)
	}
	folder := filepath.Join(dir, orgFolder)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return "", fmt.Errorf("make org %s: %w", name, err)
	}
	file = filepath.Join(folder, name+".token")
	_, err = newToken(folder, file)
	return file, err
}

// Orgs lists the orgs of a data directory.
func Orgs(dir string) ([]org.ID, error) {
	known, err := orgTokens(dir)
	return orgIDs(known), err
}
