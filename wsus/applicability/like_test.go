package applicability_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/updatescan/updatescan/wsus/applicability"
	"github.com/updatescan/updatescan/wsus/wsustest"
)

// allTexts is every text of at most n characters of the alphabet.
func allTexts(alphabet string, n int) []string {
	texts, last := []string{""}, []string{""}
	for range n {
		var next []string
		for _, s := range last {
			for _, r := range alphabet {
				next = append(next, s+string(r))
			}
		}
		texts, last = append(texts, next...), next
	}
	return texts
}

// reporter is a test or a property.
type reporter interface {
	Errorf(format string, args ...any)
	Fatal(args ...any)
}

// compareLike compares a pattern with its definition on texts.
func compareLike(t reporter, pattern string, docs map[string]*applicability.Document) {
	r := query("SELECT * FROM X WHERE P LIKE '" + pattern + "'")
	for text, doc := range docs {
		matches, ok := wsustest.Model{}.Like(pattern, text)
		want := applicability.ValueOf(matches)
		if !ok {
			t.Errorf("the model does not understand the pattern %q", pattern)
		}
		if got := applicability.ExplainRule(doc.Facts(), &r); got.Value != want {
			t.Errorf("%q LIKE %q = %v, want %v", text, pattern, got.Value, want)
		}
	}
}

// textDocuments is a machine for each text, as property P of class X.
func textDocuments(t reporter, texts []string) map[string]*applicability.Document {
	docs := map[string]*applicability.Document{}
	for _, text := range texts {
		docs[text] = &applicability.Document{}
		if err := docs[text].SetWMI(`root\cimv2`, "X", map[string]any{"P": text}); err != nil {
			t.Fatal(err)
		}
	}
	return docs
}

func TestLikeAgreesWithItsDefinitionOnAllShortPatterns(t *testing.T) {
	t.Parallel()
	docs := textDocuments(t, allTexts("ab", 4))
	for _, pattern := range append(allTexts("a%_", 5), allTexts("ab%_", 4)...) {
		compareLike(t, pattern, docs)
	}
}

func TestLikeAgreesWithItsDefinition(t *testing.T) {
	t.Parallel()
	docs := textDocuments(t, append(allTexts("ab", 4), allTexts("aé", 4)...))
	part := rapid.SampledFrom([]string{"a", "b", "%", "_", "é", "[ab]", "[^a]", "[a-b]", "[é-ü]", "[^b-é]"})
	rapid.Check(t, func(t *rapid.T) {
		compareLike(t, strings.Join(rapid.SliceOfN(part, 0, 8).Draw(t, "pattern"), ""), docs)
	})
}

func TestLikeIsNotExponential(t *testing.T) {
	t.Parallel()
	doc := &applicability.Document{}
	if err := doc.SetWMI(`root\cimv2`, "X", map[string]any{"P": strings.Repeat("a", 20_000)}); err != nil {
		t.Fatal(err)
	}
	for _, pattern := range []string{strings.Repeat("a%", 2000) + "b", strings.Repeat("%_a", 2000) + "b", strings.Repeat("%[a]_", 500) + "b"} {
		r := query("SELECT * FROM X WHERE P LIKE '" + pattern + "'")
		if got := applicability.ExplainRule(doc.Facts(), &r); got.Value != no {
			t.Errorf("LIKE = %v, want false", got.Value)
		}
	}
}
