package metadata

import "strings"

// rankNone is worse than the rank of every text there can be.
const rankNone = int(^uint(0) >> 1)

// languageRank says how well a text's language serves: lower is better. A
// wanted language exactly met ranks before the same language of another
// region, and both before the next wanted one; then comes the document's
// default language, then any other.
func languageRank(wanted []string, fallback, language string) int {
	for i, w := range wanted {
		if strings.EqualFold(w, language) {
			return 2 * i
		}
		if strings.EqualFold(primary(w), primary(language)) {
			return 2*i + 1
		}
	}
	if fallback != "" && strings.EqualFold(fallback, language) {
		return 2 * len(wanted)
	}
	return 2*len(wanted) + 1
}

// primary is the language subtag of a language tag: "de" of "de-AT".
func primary(tag string) string {
	if i := strings.IndexAny(tag, "-_"); i >= 0 {
		return tag[:i]
	}
	return tag
}

// localized is the best localized text met so far.
type localized struct {
	rank               int
	title, description string
}

// localizedProperties reads the current LocalizedProperties element and keeps
// its text when it serves better than what is there.
func (r *Reader) localizedProperties(best *localized, fallback string) error {
	var language, title, description []byte
	start := len(r.scratch)
	defer func() { r.scratch = r.scratch[:start] }()
	for {
		ok, err := r.child()
		if err != nil {
			return err
		}
		if !ok {
			break
		}
		switch string(r.tok.Local()) {
		case "Language":
			language, err = r.content()
		case "Title":
			title, err = r.content()
		case "Description":
			description, err = r.content()
		default:
			err = r.tok.Skip()
		}
		if err != nil {
			return err
		}
	}
	if len(title) == 0 && len(description) == 0 {
		return nil
	}
	rank := languageRank(r.opt.Languages, fallback, r.texts.intern(language))
	if rank < best.rank {
		*best = localized{rank: rank, title: r.texts.copy(title), description: r.texts.copy(description)}
	}
	return nil
}
