package sqlstore

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/updatescan/updatescan/internal/sqldb"
	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/statemsg/site"
)

// other is what a row has besides its columns, as JSON; usually there is nothing.
type other struct {
	IDType      uint8    `json:"id_type"`
	Criticality int32    `json:"criticality"`
	Params      []string `json:"params"`
	Details     string   `json:"details"`
}

// plainRevision is the revision of a message of topic type 500 that says nothing
// else, as [statemsg.FromChanges] makes them.
func plainRevision(m *statemsg.Message) (revision int64, ok bool) {
	if m.IDType != statemsg.IDTypeUpdate || m.Criticality != 0 || m.Details != "" || len(m.Params) != 1 {
		return 0, false
	}
	// Decimal digits as strconv.FormatInt writes them, up to 18.
	s := m.Params[0]
	if len(s) == 0 || len(s) > 18 || s[0] == '0' && len(s) > 1 {
		return 0, false
	}
	for i := range len(s) {
		c := s[i] - '0'
		if c > 9 {
			return 0, false
		}
		revision = revision*10 + int64(c)
	}
	return revision, true
}

// otherText is what the column other holds for a message.
func otherText(m *statemsg.Message) (any, error) {
	if m.IDType == statemsg.IDTypeNone && m.Criticality == 0 && len(m.Params) == 0 && m.Details == "" {
		return nil, nil
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(other{m.IDType, m.Criticality, m.Params, m.Details}); err != nil {
		return nil, err
	}
	return string(bytes.TrimSuffix(b.Bytes(), []byte("\n"))), nil
}

// readRow makes a row of its columns: topic type, topic id, state, revision,
// serial, changed, received, life, other. Client is the client's id.
func readRow(client string, v []any) (site.Row, error) {
	r := columns{values: v, where: "a row of client " + client}
	row := site.Row{Client: client}
	m := &row.Message
	m.TopicType = statemsg.TopicType(r.number(0, math.MaxUint16))
	m.TopicID = r.text()
	m.StateID = statemsg.StateID(r.number(0, math.MaxUint16))
	revision, plain := r.optional()
	m.Serial = uint64(r.number(0, math.MaxInt64))
	m.Time = time.UnixMicro(r.number(math.MinInt64, math.MaxInt64)).UTC()
	row.Received = r.seconds()
	row.Life = uint32(r.number(0, math.MaxUint32))
	if plain {
		m.IDType, m.Params = statemsg.IDTypeUpdate, []string{strconv.FormatInt(revision, 10)}
	}
	if text := r.text(); text != "" {
		var o other
		if err := json.Unmarshal([]byte(text), &o); err != nil {
			r.fail(text, "JSON")
		}
		m.IDType, m.Criticality, m.Params, m.Details = o.IDType, o.Criticality, o.Params, o.Details
	}
	if r.err != nil {
		return site.Row{}, r.err
	}
	return row, nil
}

// columns reads the values of a row, one after the other; after the first fault it
// reads zeros.
type columns struct {
	values []any
	where  string
	err    error
}

func (c *columns) fail(found, want string) {
	if c.err == nil {
		c.err = fault(ErrDamaged, c.where, fmt.Sprintf("%.60q", found), want)
	}
}

func (c *columns) next() any {
	if len(c.values) == 0 {
		c.fail("too few columns", "more")
		return nil
	}
	v := c.values[0]
	c.values = c.values[1:]
	return v
}

// number reads an integer within bounds.
func (c *columns) number(low, high int64) int64 {
	v := c.next()
	n, ok := v.(int64)
	if !ok || n < low || n > high {
		c.fail(fmt.Sprint(v), fmt.Sprintf("a number from %d to %d", low, high))
		return 0
	}
	return n
}

// optional reads an integer or nothing.
func (c *columns) optional() (int64, bool) {
	v := c.next()
	if v == nil {
		return 0, false
	}
	n, ok := v.(int64)
	if !ok {
		c.fail(fmt.Sprint(v), "a number")
	}
	return n, ok
}

// text reads a text; nothing is an empty one.
func (c *columns) text() string { return sqldb.Text(c.next()) }

// seconds reads a time of the site; nothing is the zero time.
func (c *columns) seconds() time.Time {
	n, ok := c.optional()
	if !ok {
		return time.Time{}
	}
	return time.Unix(n, 0).UTC()
}

// data reads bytes; nothing is nil.
func (c *columns) data() []byte {
	v := c.next()
	b, ok := v.([]byte)
	if v != nil && !ok {
		c.fail(sqldb.Kind(v), "bytes")
	}
	return b
}

// client reads the id of a client and its stored form, which is checked and must be
// of that client.
func (c *columns) client() site.Client {
	id := c.text()
	client, err := site.DecodeClient(c.data())
	if err != nil && c.err == nil {
		c.err = &Error{Fault: ErrDamaged, Where: c.where, Err: err}
	}
	if client.ID != id && c.err == nil {
		c.err = fault(ErrDamaged, c.where, "the record of "+client.ID, "that of "+id)
	}
	return client
}

// unixOrNil is a time of the site as a column holds it.
func unixOrNil(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.Unix()
}

// before is the first whole second that is not before t, so that a whole second is
// below it exactly when it is before t.
func before(t time.Time) int64 {
	if t.Nanosecond() > 0 {
		return t.Unix() + 1
	}
	return t.Unix()
}

// flag is a truth as a column holds it.
func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// count is a number as a column holds it: the truth is in the client's data.
func count(n uint64) int64 { return int64(min(n, math.MaxInt64)) }
