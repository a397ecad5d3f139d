package applicability

// keyRef is a registry key as a rule names it: below a root, or below the
// current subkey of the surrounding RegKeyLoop.
type keyRef struct {
	key    RegistryKey // Path is relative to the subkey when loop is set
	folded string
	loop   bool
}

// resolvedKey is a key with its folded form.
type resolvedKey struct {
	key RegistryKey
	id  keyID
}

// resolve names the key. Inside a loop the current subkey's view is kept: a
// key that was opened in the 32-bit view stays in it.
func (k keyRef) resolve(m *machine) resolvedKey {
	if !k.loop {
		return resolvedKey{k.key, keyID{k.folded, k.key.Wow32}}
	}
	return m.loop.child(k.key.Path, k.folded, k.key.Wow32)
}

// child is the key below k with the relative path, which may be empty.
func (k resolvedKey) child(path, folded string, wow32 bool) resolvedKey {
	r := k
	r.key.Wow32 = k.key.Wow32 || wow32
	r.id.wow32 = r.key.Wow32
	if path != "" {
		r.key.Path += `\` + path
		r.id.path += `\` + folded
	}
	return r
}
