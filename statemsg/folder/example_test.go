package folder_test

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/updatescan/updatescan/statemsg/folder"
)

func Example() {
	dir, err := os.MkdirTemp("", "reports")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	t, err := folder.New(dir)
	if err != nil {
		log.Fatal(err)
	}
	for range 2 { // a repetition does no harm
		if err := t.Send(context.Background(), report(17)); err != nil {
			log.Fatal(err)
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		log.Fatal(err)
	}
	for _, e := range entries {
		fmt.Println(e.Name())
	}
	// Output: 5b0a7c1e-93d4-4f60-8e25-a1b2c3d4e5f6-00000000000000000017.xml
}
