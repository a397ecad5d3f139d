package wusp

// FragmentsOf returns the fragments of an update document.
func FragmentsOf(doc []byte) (core, extended []byte, err error) {
	var r nodeReader
	f, err := r.publishable(doc)
	if err != nil {
		return nil, nil, err
	}
	return f[0].core, f[0].extended, nil
}
