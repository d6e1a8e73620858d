package call

import (
	"encoding/base64"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	dispatchv1 "fettle/api/gen/fettle/dispatch/v1"
	"fettle/internal/clock"
)

var morning = time.Date(2026, 3, 9, 1, 0, 0, 0, time.UTC)

func TestIDsRise(t *testing.T) {
	t.Parallel()
	now := clock.NewFake(morning)
	g := NewIDs(now)
	last := ""
	for i := range 3000 {
		switch i {
		case 1000:
			now.Advance(time.Millisecond)
		case 2000:
			now.Jump(-time.Hour)
		}
		id := g.Next("wo_")
		if id <= last || len(id) != 29 || strings.ToLower(id) != id {
			t.Fatalf("id %d is %s after %s", i, id, last)
		}
		last = id
	}
}

func TestIDsAreUnique(t *testing.T) {
	t.Parallel()
	g := NewIDs(clock.NewFake(morning))
	var mu sync.Mutex
	seen := map[string]bool{}
	var workers sync.WaitGroup
	for range 8 {
		workers.Go(func() {
			for range 500 {
				id := g.Next("te_")
				mu.Lock()
				if seen[id] {
					t.Errorf("%s came twice", id)
				}
				seen[id] = true
				mu.Unlock()
			}
		})
	}
	workers.Wait()
}

func TestPageTokens(t *testing.T) {
	t.Parallel()
	token := PageToken("wo_1", "f")
	if after, err := PageAfter(token, "f"); after != "wo_1" || err != nil {
		t.Errorf("got %q %v", after, err)
	}
	if after, err := PageAfter("", "f"); after != "" || err != nil {
		t.Errorf("first page: got %q %v", after, err)
	}
	for name, bad := range map[string]string{
		"another filter": PageToken("wo_1", "g"), "text": "wo_1", "cut": token[:8], "no place": PageToken("", "f"),
		"another version": base64.RawURLEncoding.EncodeToString(append([]byte{9}, []byte("12345678wo_1")...)),
	} {
		if after, err := PageAfter(bad, "f"); err == nil {
			t.Errorf("%s: got %q, want an error", name, after)
		}
	}
}

func FuzzPageToken(f *testing.F) {
	f.Add(PageToken("wo_1", "f"), "f")
	f.Add("garbage", "")
	f.Add(PageToken("wo_1", "f"), "g")
	f.Fuzz(func(t *testing.T, token, filter string) {
		after, err := PageAfter(token, filter)
		if err == nil && token != "" && base64.RawURLEncoding.EncodeToString(append(append([]byte{tokenVersion}, pageSum(after, filter)...), after...)) != token {
			// Bits at the end of base64 may be spelled in several ways; the place they stand for is the same.
			if again, err := PageAfter(PageToken(after, filter), filter); again != after || err != nil {
				t.Errorf("token %q stands for %q, which stands for %q %v", token, after, again, err)
			}
		}
	})
}

func TestPageSize(t *testing.T) {
	t.Parallel()
	for in, want := range map[int32]int{0: 50, 1: 1, 1000: 1000, 1001: 1000, 1 << 30: 1000} {
		if got := PageSize(in); got != want {
			t.Errorf("PageSize(%d) = %d, want %d", in, got, want)
		}
	}
}

func TestApplyMask(t *testing.T) {
	t.Parallel()
	before := func() *dispatchv1.Technician {
		return &dispatchv1.Technician{Id: "te_1", DisplayName: "Li", Tools: []string{"drill"}, Home: &dispatchv1.LatLng{Latitude: 1, Longitude: 2}}
	}
	wish := &dispatchv1.Technician{DisplayName: "Wu", Home: &dispatchv1.LatLng{Latitude: 3}}
	tests := map[string]struct {
		paths []string
		want  *dispatchv1.Technician // nil wants an error
	}{
		"what is set": {nil, &dispatchv1.Technician{Id: "te_1", DisplayName: "Wu", Tools: []string{"drill"}, Home: wish.GetHome()}},
		"one":         {[]string{"display_name"}, &dispatchv1.Technician{Id: "te_1", DisplayName: "Wu", Tools: []string{"drill"}, Home: before().GetHome()}},
		"as in JSON":  {[]string{"displayName"}, &dispatchv1.Technician{Id: "te_1", DisplayName: "Wu", Tools: []string{"drill"}, Home: before().GetHome()}},
		"clear":       {[]string{"tools"}, &dispatchv1.Technician{Id: "te_1", DisplayName: "Li", Home: before().GetHome()}},
		"inside":      {[]string{"home.latitude"}, &dispatchv1.Technician{Id: "te_1", DisplayName: "Li", Tools: []string{"drill"}, Home: &dispatchv1.LatLng{Latitude: 3, Longitude: 2}}},
		"all":         {[]string{"*"}, wish},
		"unknown":     {[]string{"colour"}, nil},
		"in a list":   {[]string{"skills.level"}, nil},
		"nothing":     {[]string{""}, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := before()
			err := ApplyMask(got, wish, &fieldmaskpb.FieldMask{Paths: tt.paths})
			if (err != nil) != (tt.want == nil) || tt.want != nil && !proto.Equal(got, tt.want) {
				t.Errorf("got %v %v, want %v", got, err, tt.want)
			}
		})
	}
}
