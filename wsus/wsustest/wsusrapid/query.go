package wsusrapid

import (
	"strings"

	"pgregory.net/rapid"
)

// Query draws a WQL query of the subset that package applicability documents,
// about the classes of [Machine]; now and then something else.
func Query() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		q := pick(t, "select", []string{"SELECT * FROM ", "select a , B from ", "Select A From\t"})
		q += pick(t, "class", []string{"Win32_X", "Win32_X", "Win32_X", "Win32_X", "win32_x", "Gone", "Empty", "Other"})
		if !oneIn(t, 6, "without condition") {
			q += " WHERE " + Condition(2).Draw(t, "condition")
		}
		if oneIn(t, 20, "spoil") {
			i := rapid.IntRange(0, len(q)).Draw(t, "at")
			q = q[:i] + pick(t, "inserted", []string{"'", "(", ")", " and ", "\\", "[", "é", "1", ";", " not "}) + q[i:]
		}
		return q
	})
}

// Condition draws a condition of a query, nested at most so deep.
func Condition(depth int) *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		kind := "comparison"
		if depth > 0 {
			kind = pick(t, "kind", []string{"comparison", "and", "or", "not", "brackets"})
		}
		part := func() string { return Condition(depth-1).Draw(t, "part") }
		switch kind {
		case "and", "or":
			return part() + " " + pick(t, "keyword", []string{kind, strings.ToUpper(kind)}) + " " + part()
		case "not":
			return "NOT " + part()
		case "brackets":
			return "(" + part() + ")"
		}
		return comparison(t)
	})
}

// comparison draws a condition on a property: A, B and C are known, Z is not.
func comparison(t *rapid.T) string {
	property := pick(t, "property", []string{"A", "a", "B", "C", "Z"})
	operator := pick(t, "operator", []string{"=", "<>", "!=", "<", "<=", ">", ">="})
	literal := pick(t, "literal", []string{
		"'a'", `"B"`, "'b'", "5", "'5'", "4", "6", "+5", "5.0", "-1", "0", "1", "TRUE", "false", "''", `'a\\b'`, "'10'", "'05'", "9007199254740993",
	})
	switch pick(t, "form", []string{"op", "op", "swapped", "like", "null"}) {
	case "swapped":
		return literal + operator + property
	case "like":
		parts := rapid.SliceOfN(rapid.SampledFrom([]string{"%", "_", "a", "B", "5", "[a-c]", "[^b]", `\\`, "[", "]"}), 0, 4).Draw(t, "pattern")
		return property + " LIKE '" + strings.Join(parts, "") + "'"
	case "null":
		return property + pick(t, "null", []string{" IS NULL", " is not null"})
	}
	return property + " " + operator + " " + literal
}
