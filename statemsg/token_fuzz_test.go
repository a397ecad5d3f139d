package statemsg_test

import (
	"testing"

	"github.com/updatescan/updatescan/statemsg"
)

// FuzzParseTopicType: what is accepted is written the same way again, or names
// the same topic type.
func FuzzParseTopicType(f *testing.F) {
	for _, s := range []string{"update_detection", "500", "9003", "-1", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		v, err := statemsg.ParseTopicType(s)
		if err != nil {
			return
		}
		text, err := v.MarshalText()
		if err != nil {
			t.Fatalf("ParseTopicType(%q) = %v, which does not marshal: %v", s, v, err)
		}
		if again, err := statemsg.ParseTopicType(string(text)); err != nil || again != v {
			t.Errorf("ParseTopicType(%q) = %v; its text %q is %v, %v", s, v, text, again, err)
		}
	})
}
