package main

import (
	"context"

	"github.com/updatescan/updatescan/statemsg/site"
)

// database is where the site keeps what it knows.
type database struct {
	store  site.Store
	reader site.Reader
	close  func() error
}

func openDatabase(ctx context.Context, pg string) (*database, error) {
	m := new(site.MemStore)
	return &database{m, m, func() error { return nil }}, nil
}
