package xmltok_test

import (
	"fmt"

	"github.com/updatescan/updatescan/internal/xmltok"
)

func ExampleTokenizer() {
	const doc = `<List>
  <Item ID="7">first &amp; last</Item>
  <Unknown><Item ID="8"/></Unknown>
</List>`
	var t xmltok.Tokenizer
	t.Reset([]byte(doc), xmltok.Limits{}, false)
	for {
		kind, err := t.Next()
		if err != nil {
			fmt.Println(err)
			return
		}
		if kind == xmltok.EOF {
			return
		}
		if kind != xmltok.Start || t.Depth() != 2 {
			continue
		}
		if string(t.Local()) != "Item" {
			if err := t.Skip(); err != nil {
				fmt.Println(err)
				return
			}
			continue
		}
		id, _ := t.Attr("ID") // valid until t moves on
		fmt.Printf("item %s: ", id)
		text, err := t.TextOf()
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%s\n", text)
	}
	// Output:
	// item 7: first & last
}

func ExampleError() {
	var t xmltok.Tokenizer
	t.Reset([]byte("<a>\n  <b></a>\n</a>"), xmltok.Limits{}, false)
	for {
		if kind, err := t.Next(); err != nil || kind == xmltok.EOF {
			fmt.Println(err)
			return
		}
	}
	// Output:
	// line 2, column 6: end tag </a> closes <b>
}

func ExampleDecodeUTF16() {
	wide := []byte("\xFF\xFE<\x00a\x00 \x00b\x00=\x00\"\x00\xE9\x00\"\x00/\x00>\x00")
	doc, err := xmltok.DecodeUTF16(nil, wide)
	fmt.Printf("%d bytes: %s %v\n", len(wide), doc, err)
	// Output:
	// 22 bytes: <a b="é"/> <nil>
}
