package wusptest

import (
	"context"
	"fmt"
	"slices"

	"github.com/updatescan/updatescan/internal/contract"
	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/wusp"
)

// extendedClauses are about titles, articles and severities.
func extendedClauses() []contract.Clause[maker] {
	return []contract.Clause[maker]{
		clientClause("extended/batch", "", "no more revisions are asked for at once than MaxExtendedUpdatesPerRequest", extendedBatch),
		clientClause("extended/default", "", "without MaxExtendedUpdatesPerRequest no more than 50 are asked for at once", extendedDefault),
		clientClause("extended/locales", "", "localized properties are asked for with a locale", extendedLocales),
		clientClause("extended/fragments", "", "fragments are told apart by their root elements, in any order", extendedFragments),
		clientClause("extended/out-of-scope", "", "a revision that is out of scope then is in no catalogue", extendedOutOfScope),
	}
}

// asked are the requests for extended information.
func asked(s *Server) []*wusp.GetExtendedUpdateInfoRequest {
	var list []*wusp.GetExtendedUpdateInfoRequest
	for _, m := range s.Requests() {
		if m, ok := m.(*wusp.GetExtendedUpdateInfoRequest); ok {
			list = append(list, m)
		}
	}
	return list
}

// batches checks the sizes of the requests for extended information.
func batches(ctx context.Context, make maker, s *Server, most int) error {
	_, err := newLab(make, s, 100).retrieve(ctx)
	for _, m := range asked(s) {
		if len(m.RevisionIDs) > most {
			return fmt.Errorf("%d revisions at once, want at most %d", len(m.RevisionIDs), most)
		}
	}
	return err
}

func extendedBatch(ctx context.Context, make maker) error {
	s := NewServer(20)
	s.Config.Properties[0].Value = "7"
	return batches(ctx, make, s, 7)
}

func extendedDefault(ctx context.Context, make maker) error {
	s := NewServer(120)
	s.Config.Properties = s.Config.Properties[1:]
	return batches(ctx, make, s, wusp.DefaultMaxExtended)
}

func extendedLocales(ctx context.Context, make maker) error {
	s := NewServer(3)
	if _, err := newLab(make, s, 100).must(ctx); err != nil {
		return err
	}
	for _, m := range asked(s) {
		if slices.Contains(m.InfoTypes, wusp.FragmentLocalizedProperties) && len(m.Locales) == 0 {
			return fmt.Errorf("%v without a locale", m.InfoTypes)
		}
	}
	return nil
}

func extendedFragments(ctx context.Context, make maker) error {
	for _, turn := range []bool{false, true} {
		s := NewServer(3)
		s.After = func(c *Call) {
			if m, ok := c.Answer.(*wusp.GetExtendedUpdateInfoResponse); ok && turn {
				slices.Reverse(m.Updates)
			}
		}
		c, err := newLab(make, s, 100).must(ctx)
		if err != nil {
			return err
		}
		list := asked(s)
		if len(list) == 0 {
			return fmt.Errorf("%w: the client asks for nothing", contract.ErrNotAsked)
		}
		for _, u := range s.Updates[3:] {
			if err := told(c, u.ID, list[0].InfoTypes); err != nil {
				return err
			}
		}
	}
	return nil
}

// told checks that what was asked of an update is in the catalogue.
func told(c *wsus.Catalog, number int32, kinds []string) error {
	u, err := find(c, number)
	if err != nil {
		return err
	}
	if slices.Contains(kinds, wusp.FragmentLocalizedProperties) && u.Title != Title(number) {
		return fmt.Errorf("update %d has title %q, want %q", number, u.Title, Title(number))
	}
	if slices.Contains(kinds, wusp.FragmentExtended) && (u.Severity != "Critical" || !slices.Equal(u.KBArticles, []string{"951748"})) {
		return fmt.Errorf("update %d has severity %q and articles %q", number, u.Severity, u.KBArticles)
	}
	return nil
}

func extendedOutOfScope(ctx context.Context, make maker) error {
	s := NewServer(4)
	s.After = At(func(c *Call) {
		s.Updates = slices.DeleteFunc(s.Updates, func(u Update) bool { return u.ID == 102 })
		TakesBack(102)(c)
	}, wusp.OpGetExtendedUpdateInfo)
	c, err := newLab(make, s, 100).must(ctx)
	if err != nil || s.Count(wusp.OpGetExtendedUpdateInfo) == 0 {
		return err
	}
	return has(c, s.Updates...)
}
