package metadata_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/metadata"
)

// derived are the fields that are not written but follow from others.
var derived = cmpopts.IgnoreFields(wsus.Update{}, "Classification", "Products", "Origin")

func TestDocumentRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := genUpdate(t)
		st := style{space: rapid.SampledFrom([]string{"", " \n\t"}).Draw(t, "space")}
		text := st.document(want)
		got, err := metadata.Parse([]byte(text), metadata.Options{Origin: "here"})
		if err != nil {
			t.Fatalf("Parse: %v\n%s", err, text)
		}
		if diff := cmp.Diff([]wsus.Update{want}, got, derived); diff != "" {
			t.Fatalf("Parse (-want +got):\n%s\n%s", diff, text)
		}
		if got[0].Origin != "here" {
			t.Fatalf("Origin = %q, want here", got[0].Origin)
		}
		x, err := peerDocument([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		got[0].Origin = ""
		if diff := cmp.Diff(x.update(), got[0]); diff != "" {
			t.Fatalf("Parse against the second reader (-want +got):\n%s\n%s", diff, text)
		}
	})
}

func TestFragmentsRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := genUpdate(t)
		st := style{fragment: true, space: rapid.SampledFrom([]string{"", "\n"}).Draw(t, "space")}
		got, err := metadata.ParseFragment([]byte(st.core(want)), metadata.Options{})
		if err != nil {
			t.Fatal(err)
		}
		bare := wsus.Update{
			Identity: want.Identity, Kind: want.Kind, Prerequisites: want.Prerequisites, Bundled: want.Bundled,
			Supersedes: want.Supersedes, Rules: want.Rules,
		}
		if diff := cmp.Diff(bare, got, derived); diff != "" {
			t.Fatalf("ParseFragment (-want +got):\n%s", diff)
		}
		for range 2 { // adding a fragment again changes nothing
			if err := metadata.AddExtended(&got, []byte(st.extendedFragment(want)), metadata.Options{}); err != nil {
				t.Fatal(err)
			}
			texts := [][]byte{
				[]byte(localizedFragment("de", "anders", "")), []byte(localizedFragment("en", want.Title, want.Description)),
			}
			if err := metadata.AddLocalized(&got, texts, metadata.Options{}); err != nil {
				t.Fatal(err)
			}
		}
		// What fragments do not carry.
		got.Created, got.Expired = want.Created, want.Expired
		if diff := cmp.Diff(want, got, derived); diff != "" {
			t.Fatalf("all fragments (-want +got):\n%s", diff)
		}
	})
}

func TestPackagesMatchSecondReader(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := genPackage(t)
		got, err := metadata.Parse([]byte(text), metadata.Options{})
		if err != nil {
			t.Fatalf("Parse: %v\n%s", err, text)
		}
		x, err := peerPackage([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		want := x.updates()
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("Parse (-want +got):\n%s\n%s", diff, text)
		}
		// A catalogue of the package, twice, gives its updates twice.
		all := "<c:SystemsManagementCatalog xmlns:c='urn:example:c'><c:Packages>" + text + "</c:Packages><c:P>" + text +
			"</c:P></c:SystemsManagementCatalog>"
		got, err = metadata.Parse([]byte(all), metadata.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(append(want, want...), got); diff != "" {
			t.Fatalf("Parse of a catalogue (-want +got):\n%s", diff)
		}
	})
}

// A reader that has read anything before, a failure too, reads the next
// document like a new one, and what it returned before stays as it was.
func TestReaderIsReusable(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r, err := metadata.NewReader(metadata.Options{})
		if err != nil {
			t.Fatal(err)
		}
		var want, got [][]wsus.Update
		for range rapid.IntRange(1, 5).Draw(t, "documents") {
			text := rapid.OneOf(
				rapid.Custom(func(t *rapid.T) string { return style{}.document(genUpdate(t)) }),
				rapid.Custom(func(t *rapid.T) string { return style{fragment: true}.core(genUpdate(t)) }),
				rapid.Custom(genPackage),
			).Draw(t, "text")
			if cut := rapid.IntRange(-len(text), len(text)).Draw(t, "cut"); cut > 0 {
				text = text[:cut]
			}
			data := []byte(text)
			fresh, err1 := metadata.Parse([]byte(text), metadata.Options{})
			used, err2 := r.Parse(data)
			if (err1 == nil) != (err2 == nil) || err1 != nil && err1.Error() != err2.Error() {
				t.Fatalf("new reader: %v; used reader: %v", err1, err2)
			}
			for i := range data {
				data[i] = '!' // the updates must not refer to the text
			}
			want, got = append(want, fresh), append(got, used)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("used reader (-new +used):\n%s", diff)
		}
	})
}

func TestUTF16(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Replace(style{}.document(genUpdate(t)), "utf-8", "utf-16", 1)
		want, err := metadata.Parse([]byte(strings.Replace(text, "utf-16", "utf-8", 1)), metadata.Options{})
		if err != nil {
			t.Fatal(err)
		}
		got, err := metadata.Parse(utf16Of(text, rapid.Bool().Draw(t, "big endian")), metadata.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("UTF-16 (-utf-8 +utf-16):\n%s", diff)
		}
	})
}

// Dates in every form that is read, against the parts they were made of.
func TestDatesProperty(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		day := time.Date(rapid.IntRange(1, 9998).Draw(t, "year"), 1, rapid.IntRange(1, 365).Draw(t, "day"), 0, 0, 0, 0, time.UTC)
		want, text := day, day.Format("2006-01-02")
		if rapid.Bool().Draw(t, "clock") {
			seconds := rapid.IntRange(0, 86399).Draw(t, "seconds")
			want = want.Add(time.Duration(seconds) * time.Second)
			text += fmt.Sprintf("T%02d:%02d:%02d", seconds/3600, seconds/60%60, seconds%60)
			if digits := rapid.StringMatching(`[0-9]{0,40}`).Draw(t, "fraction"); digits != "" {
				text += "." + digits
				nanos, err := strconv.Atoi((digits + "000000000")[:9])
				if err != nil {
					t.Fatal(err)
				}
				want = want.Add(time.Duration(nanos))
			}
		}
		switch rapid.IntRange(0, 2).Draw(t, "zone") {
		case 1:
			text += "Z"
		case 2:
			minutes := rapid.IntRange(-14*60, 14*60).Draw(t, "minutes")
			want = want.Add(-time.Duration(minutes) * time.Minute)
			sign := "+"
			if minutes < 0 {
				sign, minutes = "-", -minutes
			}
			text += fmt.Sprintf("%s%02d:%02d", sign, minutes/60, minutes%60)
		}
		document := "<Update>" + identity + "<Properties UpdateType='Software' CreationDate=' " + text + "'/></Update>"
		got, err := metadata.Parse([]byte(document), metadata.Options{})
		if err != nil || !got[0].Created.Equal(want) || got[0].Created.Location() != time.UTC {
			t.Fatalf("CreationDate %q: %v, %v, want %v", text, got, err, want)
		}
	})
}
