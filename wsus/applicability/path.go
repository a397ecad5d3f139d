package applicability

import "strings"

// maxPathLength is the length of the longest registry or file path in a
// machine document, in bytes.
const maxPathLength = 4096

// maxKeyLevels is how many levels a registry path has at most, as in Windows:
// every level is a key of its own.
const maxKeyLevels = 512

// cleanPath is the canonical form of a Windows file path: backslashes only,
// none doubled (except the two that begin a network path), none at the end,
// "." removed and ".." resolved. Environment variables are not expanded.
func cleanPath(s string) string {
	if isCleanPath(s) {
		return s
	}
	unc := strings.HasPrefix(s, `\\`) || strings.HasPrefix(s, `//`)
	var parts []string
	for part := range strings.FieldsFuncSeq(s, func(r rune) bool { return r == '\\' || r == '/' }) {
		if part == "." {
			continue
		}
		if part == ".." {
			if n := len(parts); n > 0 && !strings.HasSuffix(parts[n-1], ":") {
				parts = parts[:n-1]
			}
			continue
		}
		parts = append(parts, part)
	}
	clean := strings.Join(parts, `\`)
	if unc {
		return `\\` + clean
	}
	return clean
}

// isCleanPath reports whether cleanPath would change nothing, by a look at
// each byte; it may say no for a path that is clean.
func isCleanPath(s string) bool {
	for i := range len(s) {
		if s[i] == '/' {
			return false
		}
		if s[i] == '\\' && (i == 0 || i+1 == len(s) || s[i+1] == '\\' || s[i+1] == '.') {
			return false
		}
	}
	return s != "" && s[0] != '.'
}

// joinPath puts exactly one backslash between a folder and a path and
// returns the canonical form.
func joinPath(folder, path string) string {
	return cleanPath(strings.TrimRight(folder, `\/`) + `\` + strings.TrimLeft(path, `\/`))
}

// cleanKey is the canonical form of a registry path: no doubled, leading or
// trailing backslash. A slash is an ordinary character in a key's name.
func cleanKey(s string) string {
	if !strings.HasPrefix(s, `\`) && !strings.HasSuffix(s, `\`) && !strings.Contains(s, `\\`) {
		return s
	}
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == '\\' }), `\`)
}

// rootName is the full name of a root of the registry, which may be given
// short and in any case.
func rootName(s string) (string, bool) {
	switch fold(s) {
	case "hkey_local_machine", "hklm":
		return "HKEY_LOCAL_MACHINE", true
	case "hkey_current_user", "hkcu":
		return "HKEY_CURRENT_USER", true
	case "hkey_classes_root", "hkcr":
		return "HKEY_CLASSES_ROOT", true
	case "hkey_users", "hku":
		return "HKEY_USERS", true
	case "hkey_current_config", "hkcc":
		return "HKEY_CURRENT_CONFIG", true
	}
	return "", false
}

// parseKeyPath splits off the root of a registry path and writes it in full.
// The full form, too, is bounded, so that it can be read again.
func parseKeyPath(s string) (string, bool) {
	if len(s) > maxPathLength {
		return "", false
	}
	root, rest, _ := strings.Cut(cleanKey(s), `\`)
	name, ok := rootName(root)
	if !ok {
		return "", false
	}
	if rest == "" {
		return name, true
	}
	full := name + `\` + rest
	return full, len(full) <= maxPathLength && strings.Count(full, `\`) < maxKeyLevels
}

// under reports whether the folded path is the folded root or below it.
func under(path, root string) bool {
	return strings.HasPrefix(path, root) && (len(path) == len(root) || path[len(root)] == '\\')
}
