package metadata

// Bounds of what is read. They stop a hostile or damaged input, not a large
// one: the largest genuine fragment known has 47 MB (a component manifest), the
// largest genuine package 0.6 MB, the largest genuine folder some 5,000 files.
const (
	// DefaultMaxFileBytes bounds one document, as it is after unpacking.
	DefaultMaxFileBytes = 64 << 20
	// DefaultMaxTotalBytes bounds all documents of a folder or archive
	// together, as they are after unpacking.
	DefaultMaxTotalBytes = 1 << 30
	// DefaultMaxFiles bounds the entries of a folder or archive, sub-folders
	// and those that are skipped included.
	DefaultMaxFiles = 100_000
	// HighestMaxFileBytes is the highest Options.MaxFileBytes.
	HighestMaxFileBytes = 1 << 30
	// MaxDepth bounds how deep the elements of a document nest.
	MaxDepth = 128
	// MaxAttrs bounds the attributes of one element.
	MaxAttrs = 64
	// MaxRules bounds the rule and applicability-metadata elements of one
	// document.
	MaxRules = 1 << 20
)

// Options says how metadata is read. The zero value is ready to use.
type Options struct {
	// Languages are the languages wanted for titles and descriptions, the best
	// first, such as "de-AT", "de", "en". Nil means "en". When no localized text
	// matches, the document's DefaultPropertiesLanguage is taken, else the text
	// that stands first.
	Languages []string
	// Origin says where the data comes from: a file name or an URL. It is put
	// into errors and into each update's Origin; entries of a folder or archive
	// follow it after a slash.
	Origin string
	// KeepGoing makes ReadFS and ReadZip list the files they had to refuse in
	// the result, and return the rest. Otherwise the first such file is an
	// error and nothing is returned.
	KeepGoing bool
	// MaxFileBytes bounds one document after unpacking, in bytes. Zero means
	// DefaultMaxFileBytes; a negative bound, or one above HighestMaxFileBytes,
	// is refused.
	MaxFileBytes int
	// MaxTotalBytes bounds all documents of a folder or archive after
	// unpacking, in bytes. Zero means DefaultMaxTotalBytes; a negative bound is
	// refused.
	MaxTotalBytes int64
	// MaxFiles bounds the entries of a folder or archive. Zero means
	// DefaultMaxFiles; a negative bound is refused.
	MaxFiles int
}

// withDefaults returns the options with each zero replaced by what it means.
func (o Options) withDefaults() (Options, error) {
	if o.MaxFileBytes < 0 || o.MaxTotalBytes < 0 || o.MaxFiles < 0 {
		return Options{}, &Error{File: o.Origin, Msg: "options: a bound is negative", Err: ErrLimit}
	}
	if o.MaxFileBytes > HighestMaxFileBytes {
		return Options{}, &Error{File: o.Origin, Msg: "options: MaxFileBytes is too high", Err: ErrLimit}
	}
	if o.Languages == nil {
		o.Languages = []string{"en"}
	}
	if o.MaxFileBytes == 0 {
		o.MaxFileBytes = DefaultMaxFileBytes
	}
	if o.MaxTotalBytes == 0 {
		o.MaxTotalBytes = DefaultMaxTotalBytes
	}
	if o.MaxFiles == 0 {
		o.MaxFiles = DefaultMaxFiles
	}
	return o, nil
}
