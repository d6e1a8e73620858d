package obligation_test

import (
	"crypto/sha256"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"fettle/rental/lease"
	"fettle/rental/obligation"
)

// asked is set in the process that prints what it derives: to the zone of the org, or to "Local" for the saboteur.
const asked = "FETTLE_TEST_DERIVE"

// R-T4: a server in UTC and one in Shanghai derive the same instants for 100,000 leases of orgs in zones with odd clocks; one that
// counts in the zone of its machine does not.
func TestServersInTwoZonesAgree(t *testing.T) {
	t.Parallel()
	if zone := os.Getenv(asked); zone != "" {
		fmt.Println("derived " + derived(zone))
		return
	}
	for zone, same := range map[string]bool{
		"America/New_York": true, "Australia/Lord_Howe": true, "Pacific/Apia": true, "Asia/Kathmandu": true, "Local": false,
	} {
		utc, shanghai := elsewhere(t, zone, "UTC"), elsewhere(t, zone, "Asia/Shanghai")
		if (utc == shanghai) != same {
			t.Errorf("orgs in %s: servers in UTC and Shanghai agree: %v, want %v", zone, utc == shanghai, same)
		}
	}
}

// elsewhere is what a process in another zone derives.
func elsewhere(t *testing.T, zone, server string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^TestServersInTwoZonesAgree$", "-test.v")
	cmd.Env = append(os.Environ(), asked+"="+zone, "TZ="+server)
	out, err := cmd.CombinedOutput()
	_, hash, ok := strings.Cut(string(out), "derived ")
	if err != nil || !ok {
		t.Fatalf("%v: %s", err, out)
	}
	hash, _, _ = strings.Cut(hash, "\n")
	return hash
}

// derived is the hash of what 20,000 leases call for in a zone.
func derived(name string) string {
	z := time.Local
	if name != "Local" {
		z = zone(name)
	}
	sum, r := sha256.New(), rand.New(rand.NewPCG(3, 4))
	for range 20_000 {
		end := day("2026-01-01").Add(r.IntN(40_000))
		l := lease.Lease{ID: "L", State: lease.Active, Terms: []lease.Terms{{Version: 1, Class: lease.FixedTerm, Start: end.Add(-400), End: end}}}
		for _, o := range obligation.Derive(&l, policy(z)) {
			_, _ = io.WriteString(sum, fmt.Sprint(o.Due, o.At.Unix())) // a hash takes everything
		}
	}
	return fmt.Sprintf("%x", sum.Sum(nil))
}
