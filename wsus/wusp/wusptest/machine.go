package wusptest

import "github.com/updatescan/updatescan/wsus/applicability"

// Machine is a computer with Windows 10 and an empty registry.
func Machine() applicability.Facts {
	doc, err := applicability.ParseDocument([]byte(`{"format":"updatescan-machine-1",
		"windows":{"major":10,"minor":0,"build":26200,"suite_mask":256},
		"processor":{"architecture":9},"registry":{}}`))
	if err != nil {
		panic("wusptest: " + err.Error()) // the document is part of the program
	}
	return doc.Facts()
}
