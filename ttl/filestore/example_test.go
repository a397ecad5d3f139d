package filestore_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"time"

	"github.com/updatescan/updatescan/ttl"
	"github.com/updatescan/updatescan/ttl/filestore"
)

func Example() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "client")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	store, err := filestore.New(filepath.Join(dir, "metadata"))
	if err != nil {
		log.Fatal(err)
	}
	_, err = store.Load(ctx)
	fmt.Println("nothing was ever stored:", errors.Is(err, ttl.ErrAbsent))

	at := time.Date(2008, 6, 1, 9, 0, 0, 0, time.UTC)
	entry := ttl.Entry{Stamp: ttl.NewStamp(at, 7), Source: "http://wsus.example.test:8530", Data: []byte("...")}
	if err := store.Save(ctx, ttl.AppendEntry(nil, entry)); err != nil {
		log.Fatal(err)
	}
	data, err := store.Load(ctx)
	if err != nil {
		log.Fatal(err)
	}
	got, err := ttl.DecodeEntry(data)
	fmt.Println(got.Source, err)
	// Output:
	// nothing was ever stored: true
	// http://wsus.example.test:8530 <nil>
}

func ExampleNew() {
	_, err := filestore.New(os.TempDir() + "/")
	fmt.Println(errors.Is(err, filestore.ErrNotFile))
	// Output: true
}
