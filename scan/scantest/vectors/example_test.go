package vectors_test

import (
	"encoding/json"
	"fmt"
	"io/fs"

	"github.com/updatescan/updatescan/scan/scantest/vectors"
)

// A program that tests its own implementation reads the files of a topic and
// decodes what it needs of them.
func ExampleFS() {
	data, err := fs.ReadFile(vectors.FS(), "core/ttl.json")
	if err != nil {
		fmt.Println(err)
		return
	}
	var file struct {
		Vectors []struct {
			ID   string
			Op   string
			In   json.RawMessage
			Want json.RawMessage
		}
	}
	if err := json.Unmarshal(data, &file); err != nil {
		fmt.Println(err)
		return
	}
	for _, v := range file.Vectors {
		if v.ID == "TTL-2/exactly-the-ttl" {
			fmt.Println(v.Op)
			fmt.Println(string(v.In))
			fmt.Println(string(v.Want))
		}
	}
	// Output:
	// ttl.check
	// {"stamp": {"time": "2008-06-01T00:00:00Z", "version": 38}, "now": "2008-06-02T00:00:00Z"}
	// {"fresh": true, "reason": "within_ttl", "age_s": 86400}
}
