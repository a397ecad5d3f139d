package statemsg_test

import (
	"errors"
	"testing"
	"time"

	"github.com/updatescan/updatescan/statemsg"
)

func TestRefreshMarker(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "SITE-9")
	at := time.Date(2008, 6, 3, 9, 0, 0, 0, time.UTC)
	m := statemsg.RefreshMarker(7, 3, at)
	m.Serial = 12
	if err := m.Validate(); err != nil || !m.IsRefreshMarker() {
		t.Fatalf("Validate() = %v, IsRefreshMarker() = %v", err, m.IsRefreshMarker())
	}
	r := &statemsg.Report{Client: statemsg.Client{ID: "GUID:5B0A7C1E-93D4-4F60-8E25-000000000001"}, Date: at, Messages: []statemsg.Message{m}}
	data, err := statemsg.AppendReport(nil, r)
	if err != nil {
		t.Fatal(err)
	}
	if r, err = statemsg.DecodeReport(data); err != nil {
		t.Fatal(err)
	}
	if from, request, err := statemsg.ParseRefreshMarker(&r.Messages[0]); from != 7 || request != 3 || err != nil {
		t.Errorf("ParseRefreshMarker = %d, %d, %v, want 7, 3", from, request, err)
	}
}

func TestParseRefreshMarker(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "SITE-9")
	for name, c := range map[string]struct {
		change func(*statemsg.Message)
		field  string // of the error; empty for none
	}{
		"as made":            {func(*statemsg.Message) {}, ""},
		"alone":              {func(m *statemsg.Message) { m.Params[0] = "12" }, ""},
		"highest":            {func(m *statemsg.Message) { m.Params[1] = "9223372036854775807" }, ""},
		"other type":         {func(m *statemsg.Message) { m.TopicType = 701 }, "TopicType"},
		"other topic":        {func(m *statemsg.Message) { m.TopicID = "Refresh" }, "TopicID"},
		"other state":        {func(m *statemsg.Message) { m.StateID = 2 }, "StateID"},
		"one parameter":      {func(m *statemsg.Message) { m.Params = m.Params[:1] }, "Params"},
		"three":              {func(m *statemsg.Message) { m.Params = append(m.Params, "0") }, "Params"},
		"from 0":             {func(m *statemsg.Message) { m.Params[0] = "0" }, "Params[0]"},
		"from above itself":  {func(m *statemsg.Message) { m.Params[0] = "13" }, "Params[0]"},
		"leading zero":       {func(m *statemsg.Message) { m.Params[0] = "07" }, "Params[0]"},
		"sign":               {func(m *statemsg.Message) { m.Params[0] = "+7" }, "Params[0]"},
		"empty":              {func(m *statemsg.Message) { m.Params[0] = "" }, "Params[0]"},
		"request no number":  {func(m *statemsg.Message) { m.Params[1] = "x" }, "Params[1]"},
		"request too high":   {func(m *statemsg.Message) { m.Params[1] = "9223372036854775808" }, "Params[1]"},
		"request leading 0s": {func(m *statemsg.Message) { m.Params[1] = "00" }, "Params[1]"},
		"no serial":          {func(m *statemsg.Message) { m.Serial = 0 }, "Serial"},
	} {
		m := statemsg.RefreshMarker(7, 3, time.Date(2008, 6, 3, 9, 0, 0, 0, time.UTC))
		m.Serial = 12
		c.change(&m)
		from, request, err := statemsg.ParseRefreshMarker(&m)
		e, _ := errors.AsType[*statemsg.MessageError](err)
		if (err == nil) != (c.field == "") || e != nil && e.Field != c.field || err != nil && (from != 0 || request != 0 || e == nil) {
			t.Errorf("%s: ParseRefreshMarker = %d, %d, %v, want an error of %q", name, from, request, err, c.field)
		}
	}
}
