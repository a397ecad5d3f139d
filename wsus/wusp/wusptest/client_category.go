package wusptest

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/updatescan/updatescan/internal/contract"
	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/wusp"
)

// categoryClauses are about scans that are limited to categories.
func categoryClauses() []contract.Clause[maker] {
	return []contract.Clause[maker]{
		clientClause("category/order", "", "a limited scan starts with StartCategoryScan, and each SyncUpdates names the preferred categories", categoryOrder),
		clientClause("category/cookie", "", "StartCategoryScan carries no cookie", categoryCookie),
		clientClause("category/server", "", "a server before 3.2 is not asked for a limited scan", categoryServer),
	}
}

// limited limits a scan to a category.
func limited(s *Setup) { s.Categories = []wusp.CategoryRelationship{{CategoryID: ID(2)}} }

func categoryOrder(ctx context.Context, make maker) error {
	s := NewServer(5)
	s.Page = 2
	l := newLab(make, s, 100, limited)
	if _, err := l.must(ctx); err != nil {
		return err
	}
	started := false
	for _, m := range s.Requests() {
		if m, ok := m.(*wusp.StartCategoryScanRequest); ok {
			if !slices.Equal(m.RequestedCategories, l.setup.Categories) {
				return fmt.Errorf("StartCategoryScan of %v, want %v", m.RequestedCategories, l.setup.Categories)
			}
			started = true
		}
		if m, ok := m.(*wusp.SyncUpdatesRequest); ok {
			if !started {
				return errors.New("SyncUpdates before StartCategoryScan")
			}
			if !slices.Equal(m.FilterCategoryIDs, []wusp.CategoryIdentifier{{ID: ID(2)}}) {
				return fmt.Errorf("FilterCategoryIds %v, want the one that the server prefers", m.FilterCategoryIDs)
			}
		}
	}
	return nil
}

func categoryCookie(ctx context.Context, make maker) error {
	l := newLab(make, NewServer(3), 100, limited)
	if _, err := l.must(ctx); err != nil {
		return err
	}
	for _, c := range l.server.Log() {
		if c.Operation == wusp.OpStartCategoryScan && hasCookie(c.Body) {
			return errors.New("there is a cookie in it")
		}
	}
	return nil
}

func categoryServer(ctx context.Context, make maker) error {
	for _, version := range []string{"3.1", "3.0", ""} {
		s := NewServer(3)
		s.Config.Properties = s.Config.Properties[:1]
		if version != "" { // a server 2.0 does not say
			s.Config.Properties = append(s.Config.Properties, wusp.Property{Name: wusp.PropertyProtocolVersion, Value: version})
		}
		l := newLab(make, s, 100, limited)
		if _, err := l.retrieve(ctx); err != nil { // which is as good: it cannot be limited
			if _, ok := wsus.FindCode(err); !ok {
				return err
			}
		}
		if n := s.Count(wusp.OpStartCategoryScan); n > 0 {
			return fmt.Errorf("%d calls of StartCategoryScan at a server %q", n, version)
		}
		for _, m := range s.Requests() {
			if m, ok := m.(*wusp.SyncUpdatesRequest); ok && (len(m.FilterCategoryIDs) > 0 || m.NeedTwoGroupOutOfScopeUpdates) {
				return fmt.Errorf("a category filter at a server %q", version)
			}
		}
	}
	return nil
}
