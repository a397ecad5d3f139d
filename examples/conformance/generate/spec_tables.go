package main

import (
	"encoding"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"
	"text/template"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/scan"
	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/statemsg/site"
	"github.com/updatescan/updatescan/ttl"
	"github.com/updatescan/updatescan/wsus"
)

// tables are the functions that the texts of the specification call for their
// tables. They read the library's enumerations, so that the specification cannot
// drift away from them.
func tables() template.FuncMap {
	return template.FuncMap{
		"triggers":        triggerTable,
		"types":           typeTable,
		"actions":         func() (string, error) { return tokenTable(numbered[scan.Action]()) },
		"reasons":         func() (string, error) { return tokenTable(numbered[scan.Reason]()) },
		"outcomes":        func() (string, error) { return tokenTable(numbered[scan.Outcome]()) },
		"freshness":       func() (string, error) { return tokenTable(ttl.Reasons()) },
		"retryActions":    func() (string, error) { return tokenTable(wsus.RetryActions()) },
		"retryReasons":    func() (string, error) { return tokenTable(wsus.RetryReasons()) },
		"states":          func() (string, error) { return tokenTable(compliance.States()) },
		"changes":         func() (string, error) { return tokenTable(compliance.ChangeKinds()) },
		"locationErrors":  locationErrorTable,
		"codes":           codeTable,
		"documentedCount": func() int { return wsus.DocumentedRetryCodes().Len() },
		"documented":      func() string { return retryTable(wsus.DocumentedRetryCodes().All()) },
		"wider":           widerTable,
		"topics":          topicTables,
		"unknownReasons":  func() (string, error) { return tokenTable(site.UnknownReasons()) },
		"example":         example,
	}
}

// table writes a table in Markdown.
func table(head []string, rows ...[]string) string {
	var b strings.Builder
	b.WriteString("| " + strings.Join(head, " | ") + " |\n")
	b.WriteString("|" + strings.Repeat(" --- |", len(head)))
	for _, row := range rows {
		b.WriteString("\n| " + strings.Join(row, " | ") + " |")
	}
	return b.String()
}

// code is a text in the type of programs.
func code(s string) string { return "`" + s + "`" }

// yes is a truth in words.
func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// token is a value of an enumeration.
type token interface {
	~uint8
	encoding.TextMarshaler
}

// numbered yields the values of an enumeration that counts from 1.
func numbered[E token]() iter.Seq[E] {
	return func(yield func(E) bool) {
		for v := E(1); ; v++ {
			if _, err := v.MarshalText(); err != nil || !yield(v) {
				return
			}
		}
	}
}

// tokenTable is the table of an enumeration, with what each token means.
func tokenTable[E token](values iter.Seq[E]) (string, error) {
	var rows [][]string
	for v := range values {
		text, err := v.MarshalText()
		if err != nil {
			return "", fmt.Errorf("generate: %w", err)
		}
		says, ok := meanings()[string(text)]
		if !ok {
			return "", fmt.Errorf("generate: nothing says what %q means", text)
		}
		rows = append(rows, []string{strconv.Itoa(int(v)), code(string(text)), says})
	}
	return table([]string{"number", "token", "meaning"}, rows...), nil
}

func triggerTable() string {
	var rows [][]string
	for t := range scan.Triggers() {
		id, ok := t.ScheduleID()
		if ok {
			id = code(id)
		}
		rows = append(rows, []string{
			strconv.Itoa(int(t)), code(t.String()), t.Label(), code(t.Type().String()), yes(t.NamesUpdates()), id,
		})
	}
	return table([]string{"number", "token", "what it is", "type", "names updates", "schedule id"}, rows...)
}

func typeTable() string {
	var rows [][]string
	for t := range scan.Types() {
		rows = append(rows, []string{strconv.Itoa(int(t)), code(t.String()), yes(t.Online()), yes(t.Forced())})
	}
	return table([]string{"number", "token", "online", "forced"}, rows...)
}

func locationErrorTable() string {
	var rows [][]string
	for _, e := range []struct {
		token, says string
		kind        error
	}{
		{"no_location", "the list is empty", wsus.ErrNoLocation},
		{"bad_location", "no URL is usable, or there are too many", wsus.ErrBadLocation},
		{"not_ssl", "the client needs SSL and there is only http", wsus.ErrNotSSL},
		{"no_fit", "none accepts clients of this network", wsus.ErrNoFit},
		{"no_version", "none has the wanted content version", wsus.ErrNoVersion},
		{"all_failed", "all that would do were given up on", wsus.ErrAllFailed},
	} {
		c := (&wsus.LocationError{Kind: e.kind}).Code()
		rows = append(rows, []string{code(e.token), e.says, code(c.String()), c.Name()})
	}
	return table([]string{"error", "when", "code", "name of the code"}, rows...)
}

func codeTable() string {
	var rows [][]string
	for _, e := range []struct {
		code wsus.Code
		when string
	}{
		{0x80070057, "a request with a fault (5.3)"},
		{0x87D00600, "a request while the feature is not enabled (5.3)"},
		{wsus.CodeOfflineHistoryNotFound, "an offline scan without metadata (DEC-4)"},
		{wsus.CodeInvalidLocation, "http where the client needs SSL (5.7)"},
		{wsus.CodeSourceNotFound, "retrieved metadata of too low a version (5.7)"},
		{wsus.CodeGroupPolicyConflict, "`policy_conflict` (WF-5)"},
		{wsus.CodeCancelled, "not given, but treated by itself: no failure (4.8)"},
	} {
		rows = append(rows, []string{code(e.code.String()), e.code.Name(), e.when})
	}
	return table([]string{"code", "name", "when"}, rows...)
}

// retryTable is a table of codes with their names.
func retryTable(codes iter.Seq[wsus.Code]) string {
	var rows [][]string
	for c := range codes {
		rows = append(rows, []string{code(c.String()), c.Name()})
	}
	return table([]string{"code", "name"}, rows...)
}

// widerTable is what the wider table has besides the documented one.
func widerTable() string {
	documented := wsus.DocumentedRetryCodes()
	var more []wsus.Code
	for c := range wsus.WiderRetryCodes().All() {
		if !documented.Has(c) {
			more = append(more, c)
		}
	}
	return retryTable(slices.Values(more))
}

func topicTables() string {
	var rows [][]string
	for t := range statemsg.TopicTypes() {
		name, _ := t.Name()
		var states []string
		for id, name := range statemsg.States(t) {
			states = append(states, fmt.Sprintf("%d %s", id, name))
		}
		rows = append(rows, []string{strconv.Itoa(int(t)), name, strings.Join(states, "; ")})
	}
	return table([]string{"topic type", "name", "states"}, rows...)
}
