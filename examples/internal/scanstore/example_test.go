package scanstore_test

import (
	"context"
	"database/sql"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"time"

	_ "modernc.org/sqlite"

	"github.com/updatescan/updatescan/scan/scantest"
	"github.com/updatescan/updatescan/scan/sqlstore"
)

// A client whose state is in a SQLite file is switched off after its first scan
// and goes on where it was: the site hears of nothing twice, and of all that
// has changed.
func Example() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "client")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	db, err := sql.Open("sqlite", "file:"+filepath.ToSlash(filepath.Join(dir, "client.db")))
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()

	rig, err := scantest.NewRig(scantest.RigConfig{}) // everything around the agent, in virtual time
	if err != nil {
		log.Fatal(err)
	}
	start := func() *sqlstore.Store {
		store, err := sqlstore.Open(ctx, db, sqlstore.Config{Dialect: sqlstore.SQLite, Client: "GUID:1"})
		if err != nil {
			log.Fatal(err)
		}
		rig.Storage.Next = store
		return store
	}
	store := start()
	if err := rig.Enable(ctx); err != nil {
		log.Fatal(err)
	}
	if err := rig.Pass(ctx, time.Hour); err != nil {
		log.Fatal(err)
	}
	if err := store.Close(); err != nil {
		log.Fatal(err)
	}

	defer start().Close()
	rig.Machine.Set(scantest.ID(1), 100, 3) // it is installed meanwhile
	if err := rig.Restart(ctx); err != nil {
		log.Fatal(err)
	}
	if err := rig.Pass(ctx, 8*24*time.Hour); err != nil {
		log.Fatal(err)
	}
	state, ok := rig.Reported(scantest.ID(1))
	fmt.Println(state, ok, len(rig.Site.Conflicts()))
	// Output: installed true 0
}
