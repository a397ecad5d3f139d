package metadata_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/metadata"
)

// sample is an update with some of everything.
func sample() wsus.Update {
	return wsus.Update{
		Identity: wsus.Identity{ID: mustID(ids(1)), Revision: 200},
		Kind:     wsus.KindSoftware,
		Title:    "Editor 3.1", Description: "Repairs <saving> & more.",
		KBArticles: []string{"4711"}, Handler: "WindowsInstaller",
		Prerequisites: []wsus.Clause{
			{Category: true, Any: mustIDs("28bc880e-0592-4cbf-8f95-c79b17911d5f")},
			{Any: mustIDs(ids(5))},
			{Any: mustIDs(ids(6), ids(7))},
		},
		Bundled:    []wsus.BundleClause{{Any: []wsus.Identity{{ID: mustID(ids(2)), Revision: 200}}}},
		Supersedes: mustIDs(ids(3)),
		Rules: wsus.Rules{
			IsInstalled: []wsus.Rule{{Name: "And", Children: []wsus.Rule{
				rule("RegSz", "Key", "HKEY_LOCAL_MACHINE", "Data", `a "b" <c>`), rule("FileVersion", "Csidl", "37"),
			}}},
			IsInstallable: []wsus.Rule{rule("True")},
			Metadata:      []wsus.Rule{{Name: "MsiPatch", Children: []wsus.Rule{{Name: "TargetProductCode", Text: "{0}"}}}},
		},
	}
}

// checkRead checks what holds for everything that is read.
func checkRead(t *testing.T, updates []wsus.Update) {
	t.Helper()
	for _, u := range updates {
		if !u.Kind.Valid() || u.Revision > wsus.MaxRevision {
			t.Fatalf("read an update of kind %v, revision %d", u.Kind, u.Revision)
		}
		for _, c := range u.Prerequisites {
			if len(c.Any) == 0 {
				t.Fatal("read a clause without a member")
			}
		}
		if _, err := wsus.NewCatalog(1, []wsus.Update{u}); err != nil {
			t.Fatalf("a catalogue refuses what is read: %v", err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(style{}.document(sample())))
	f.Add([]byte(style{fragment: true}.core(sample())))
	f.Add([]byte(pack(appData, pkgRules, packItem(2, "<IsInstalled><True/></IsInstalled>"), packItem(3, ""))))
	f.Add([]byte("<SystemsManagementCatalog>" + pack(appData) + "</SystemsManagementCatalog>"))
	f.Add(utf16Of("<Update>"+identity+"<Properties UpdateType='Driver'/></Update>", true))
	f.Add([]byte("MSCF\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		updates, err := metadata.Parse(data, metadata.Options{Languages: []string{"de"}, MaxFileBytes: 1 << 20})
		if err != nil {
			if updates != nil {
				t.Fatal("an error came with updates")
			}
			return
		}
		checkRead(t, updates)
		again, err := metadata.Parse(data, metadata.Options{Languages: []string{"de"}})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(updates, again); diff != "" {
			t.Fatalf("the second reading differs (-first +second):\n%s", diff)
		}
	})
}

func FuzzParseFragment(f *testing.F) {
	st := style{fragment: true}
	f.Add([]byte(st.core(sample())), []byte(st.extendedFragment(sample())), []byte(localizedFragment("en", "a", "b")))
	f.Add([]byte(identity+`<Properties UpdateType="Category"/>`), []byte("<ExtendedProperties/>"), []byte("<Eula/>"))
	f.Fuzz(func(t *testing.T, core, extended, localized []byte) {
		u, err := metadata.ParseFragment(core, metadata.Options{})
		if err != nil {
			u = sample()
		}
		before := u
		if err := metadata.AddExtended(&u, extended, metadata.Options{}); err != nil {
			if diff := cmp.Diff(before, u); diff != "" {
				t.Fatalf("a refused fragment changed the update:\n%s", diff)
			}
		}
		before = u
		if err := metadata.AddLocalized(&u, [][]byte{localized}, metadata.Options{}); err != nil {
			if diff := cmp.Diff(before, u); diff != "" {
				t.Fatalf("a refused fragment changed the update:\n%s", diff)
			}
		}
		checkRead(t, []wsus.Update{u})
	})
}

func FuzzReadZip(f *testing.F) {
	f.Add(zipBytes(f, "a.sdp", pack(appData)))
	f.Add([]byte("PK\x05\x06" + string(make([]byte, 18))))
	f.Fuzz(func(t *testing.T, data []byte) {
		opt := metadata.Options{KeepGoing: true, MaxFileBytes: 1 << 16, MaxTotalBytes: 1 << 18, MaxFiles: 16}
		result, err := metadata.ReadZip(bytesReader(data), int64(len(data)), opt)
		if err == nil {
			checkRead(t, result.Updates)
		}
	})
}
