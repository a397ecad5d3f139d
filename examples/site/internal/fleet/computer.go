package fleet

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/applicability"
)

// platform is a version of Windows.
type platform uint8

const (
	xp platform = 1 + iota
	vista
	server
)

// windows is the version; ok is false when it is none in particular.
func (p platform) windows() (v applicability.WindowsVersion, ok bool) {
	switch p {
	case xp:
		return applicability.WindowsVersion{Major: 5, Minor: 1, Build: 2600, ServicePackMajor: 3, ProductType: 1}, true
	case vista:
		return applicability.WindowsVersion{Major: 6, Build: 6001, ServicePackMajor: 1, ProductType: 1}, true
	case server:
		return applicability.WindowsVersion{Major: 5, Minor: 2, Build: 3790, ServicePackMajor: 2, ProductType: 3}, true
	}
	return v, false
}

const (
	systemFolder = `C:\Windows\System32`
	suiteKey     = `SOFTWARE\Fabrikam\Suite\2007`
)

// computer is a machine that is scanned. It is a wsus.Evaluator.
type computer struct {
	programs *applicability.Programs
	doc      *applicability.Document
}

// newComputer makes up a computer. The registry of one that is blind cannot be
// read.
func newComputer(p platform, blind bool, programs *applicability.Programs, r *rand.Rand) (*computer, error) {
	c := &computer{programs: programs, doc: new(applicability.Document)}
	w, _ := p.windows()
	c.doc.SetWindows(w, 32)
	if err := c.doc.SetFolder(37, systemFolder); err != nil {
		return nil, err
	}
	if err := c.doc.CoverFiles(); err != nil {
		return nil, err
	}
	suite := r.IntN(3) > 0 || blind
	if !blind {
		if err := c.doc.CoverRegistry(); err != nil {
			return nil, err
		}
		if suite {
			if err := c.doc.SetRegistryKey(`HKEY_LOCAL_MACHINE\` + suiteKey); err != nil {
				return nil, err
			}
		}
	}
	for i := range updates {
		u := &updates[i]
		// Draw what is not needed too, so that computers do not depend on it.
		has, patched := r.IntN(4) > 0, r.IntN(5) < 2
		if u.on != 0 {
			has = u.on == p
		} else if u.suite {
			has = suite
		} else if u.kb == kbCleaner {
			has = true
		}
		if !has {
			continue
		}
		version := versionBefore
		if patched && u.from == 1 && u.kb != kbCleaner {
			version = versionAfter
		}
		if err := setFile(c.doc, u.file, version); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// setFile puts a version of a file into the system folder.
func setFile(d *applicability.Document, file, version string) error {
	v, err := applicability.ParseVersion(version)
	if err != nil {
		return err
	}
	return d.SetFile(systemFolder+`\`+file, applicability.NewFile(v, time.Date(2008, 1, 19, 7, 36, 0, 0, time.UTC)))
}

// install changes the computer as the installation of an update does.
func (c *computer) install(u *update) error {
	doc := c.doc.Clone()
	if err := setFile(doc, u.file, versionAfter); err != nil {
		return err
	}
	c.doc = doc
	return nil
}

// Evaluate implements wsus.Evaluator.
func (c *computer) Evaluate(ctx context.Context, catalog *wsus.Catalog) (wsus.Evaluation, error) {
	ev, err := applicability.New(applicability.Config{Facts: c.doc.Facts(), Programs: c.programs})
	if err != nil {
		return wsus.Evaluation{}, err
	}
	return ev.Evaluate(ctx, catalog)
}
