package statemsg

import (
	"bytes"
	"math"

	"github.com/updatescan/updatescan/internal/xmltok"
)

// message reads <StateMessage> into the next pending message.
func (d *Decoder) message() error {
	d.pending = append(d.pending, Message{})
	m := &d.pending[len(d.pending)-1]
	timed := false
	attrs := d.tok.Attrs()
	for i := range attrs {
		a := &attrs[i]
		if a.Prefix != nil {
			continue
		}
		switch string(a.Local) {
		case "MessageTime":
			t, reason := readCIMTime(&d.days, a.Value)
			if reason == "" && t.IsZero() {
				reason = "no time"
			}
			if reason != "" {
				return d.tok.ErrorfAt(a.Offset, "MessageTime %.64q: %s", a.Value, reason)
			}
			m.Time, timed = t, true
		case "SerialNumber":
			var err error
			if m.Serial, err = d.attrNumber(a, MaxSerial); err != nil {
				return err
			}
		}
	}
	if !timed {
		return d.noAttr("MessageTime", "StateMessage")
	}
	return d.messageChildren(m)
}

// Bits of what a message has had.
const (
	bitTopic = iota
	bitState
	bitDetails
	bitParams
)

// messageChildren reads the elements of <StateMessage>: <Topic> first,
// <StateDetails> before <UserParameters>, <State> anywhere after <Topic>. So
// the arena gets the texts in the order of flush: topic id, details,
// parameters.
func (d *Decoder) messageChildren(m *Message) error {
	var seen uint
	var params int
	for {
		child, err := d.child("StateMessage")
		if err != nil {
			return err
		}
		if !child {
			break
		}
		bit := d.messageBit()
		if bit < 0 {
			if err := d.tok.Skip(); err != nil {
				return err
			}
			continue
		}
		if err := d.messageOrder(seen, bit); err != nil {
			return err
		}
		seen |= 1 << bit
		switch bit {
		case bitTopic:
			err = d.topic(m)
		case bitState:
			err = d.state(m)
		case bitDetails:
			err = d.stateDetails()
		case bitParams:
			if seen&(1<<bitDetails) == 0 {
				d.endText()
			}
			params, err = d.userParameters()
		}
		if err != nil {
			return err
		}
	}
	if seen&(1<<bitTopic) == 0 {
		return d.missing("Topic", "StateMessage")
	}
	if seen&(1<<bitState) == 0 {
		return d.missing("State", "StateMessage")
	}
	if seen&(1<<bitDetails|1<<bitParams) == 0 {
		d.endText()
	}
	d.params = append(d.params, uint8(params))
	return nil
}

// messageOrder refuses the current element if it came before or comes too late
// or too early.
func (d *Decoder) messageOrder(seen uint, bit int) error {
	if seen&(1<<bit) != 0 {
		return d.tok.Errorf("second <%.64s>", d.tok.Local())
	}
	if bit != bitTopic && seen&(1<<bitTopic) == 0 {
		return d.tok.Errorf("<%.64s> before <Topic>", d.tok.Local())
	}
	if bit == bitDetails && seen&(1<<bitParams) != 0 {
		return d.tok.Errorf("<StateDetails> after <UserParameters>")
	}
	return nil
}

// messageBit is the bit of the current element, -1 for one that is not known.
func (d *Decoder) messageBit() int {
	if d.tok.Prefix() != nil {
		return -1
	}
	switch string(d.tok.Local()) {
	case "Topic":
		return bitTopic
	case "State":
		return bitState
	case "StateDetails":
		return bitDetails
	case "UserParameters":
		return bitParams
	}
	return -1
}

// topic reads <Topic>.
func (d *Decoder) topic(m *Message) error {
	var id, typ bool
	attrs := d.tok.Attrs()
	for i := range attrs {
		a := &attrs[i]
		if a.Prefix != nil {
			continue
		}
		switch string(a.Local) {
		case "ID":
			if len(a.Value) == 0 || len(a.Value) > MaxTopicIDBytes {
				return d.tok.ErrorfAt(a.Offset, "topic ID of %d bytes, want 1 to %d", len(a.Value), MaxTopicIDBytes)
			}
			d.arena = append(d.arena, a.Value...)
			d.endText()
			id = true
		case "Type":
			n, err := d.attrNumber(a, math.MaxUint16)
			if err != nil {
				return err
			}
			if n == 0 {
				return d.tok.ErrorfAt(a.Offset, "topic Type 0")
			}
			m.TopicType, typ = TopicType(n), true
		case "IDType":
			n, err := d.attrNumber(a, math.MaxUint8)
			if err != nil {
				return err
			}
			m.IDType = uint8(n)
		}
	}
	if !id {
		return d.noAttr("ID", "Topic")
	}
	if !typ {
		return d.noAttr("Type", "Topic")
	}
	return d.empty("Topic")
}

// state reads <State>.
func (d *Decoder) state(m *Message) error {
	id := false
	attrs := d.tok.Attrs()
	for i := range attrs {
		a := &attrs[i]
		if a.Prefix != nil {
			continue
		}
		switch string(a.Local) {
		case "ID":
			n, err := d.attrNumber(a, math.MaxUint16)
			if err != nil {
				return err
			}
			m.StateID, id = StateID(n), true
		case "Criticality":
			digits, negative := bytes.CutPrefix(a.Value, []byte("-"))
			limit := uint64(math.MaxInt32)
			if negative {
				limit++
			}
			n, ok := parseNumber(digits, limit)
			if !ok {
				return d.tok.ErrorfAt(a.Offset, "Criticality %.64q is not a 32-bit number", a.Value)
			}
			if negative {
				m.Criticality = int32(-int64(n))
			} else {
				m.Criticality = int32(n)
			}
		}
	}
	if !id {
		return d.noAttr("ID", "State")
	}
	return d.empty("State")
}

// stateDetails reads <StateDetails>.
func (d *Decoder) stateDetails() error {
	text, err := d.tok.TextOf()
	if err != nil {
		return err
	}
	if len(text) > MaxDetailsBytes {
		return d.tok.Errorf("<StateDetails> of %d bytes, at most %d", len(text), MaxDetailsBytes)
	}
	d.arena = append(d.arena, text...)
	d.endText()
	return nil
}

// userParameters reads <UserParameters> and returns how many there were.
func (d *Decoder) userParameters() (n int, err error) {
	declared := -1
	if count, ok := d.attr("Count"); ok {
		n, err := d.attrNumber(count, math.MaxInt32)
		if err != nil {
			return 0, err
		}
		declared = int(n)
	}
	for {
		child, err := d.child("UserParameters")
		if err != nil {
			return 0, err
		}
		if !child {
			break
		}
		if !d.is("Param") {
			if err := d.tok.Skip(); err != nil {
				return 0, err
			}
			continue
		}
		if n == MaxParams { // MSG-1
			return 0, d.tok.Errorf("more than %d parameters", MaxParams)
		}
		text, err := d.tok.TextOf()
		if err != nil {
			return 0, err
		}
		if len(text) > MaxParamBytes {
			return 0, d.tok.Errorf("<Param> of %d bytes, at most %d", len(text), MaxParamBytes)
		}
		d.arena = append(d.arena, text...)
		d.endText()
		n++
	}
	if declared >= 0 && declared != n {
		return 0, d.tok.Errorf("<UserParameters> has Count %d and %d parameters", declared, n)
	}
	return n, nil
}

// attr is the attribute of the current tag with the given name.
func (d *Decoder) attr(name string) (*xmltok.Attr, bool) {
	attrs := d.tok.Attrs()
	for i := range attrs {
		if string(attrs[i].Local) == name && attrs[i].Prefix == nil {
			return &attrs[i], true
		}
	}
	return nil, false
}

// attrNumber is the value of an attribute that is a number up to limit.
func (d *Decoder) attrNumber(a *xmltok.Attr, limit uint64) (uint64, error) {
	n, ok := parseNumber(a.Value, limit)
	if !ok {
		return 0, d.tok.ErrorfAt(a.Offset, "%.64s %.64q is not a number from 0 to %d", a.Local, a.Value, limit)
	}
	return n, nil
}

// number is the text of an element that is a number of 31 bits.
func (d *Decoder) number(text []byte, name string) (uint64, error) {
	n, ok := parseNumber(text, math.MaxInt32)
	if !ok {
		return 0, d.tok.Errorf("<%s> %.64q is not a number from 0 to %d", name, text, math.MaxInt32)
	}
	return n, nil
}

// parseNumber reads decimal digits, 1 to 20 of them.
func parseNumber(s []byte, limit uint64) (n uint64, ok bool) {
	if len(s) == 0 || len(s) > 20 {
		return 0, false
	}
	for _, c := range s {
		digit := uint64(c - '0')
		if digit > 9 || n > limit/10 {
			return 0, false
		}
		n = n*10 + digit
	}
	return n, n <= limit
}

// empty reads to the end of an element that has nothing this package knows.
func (d *Decoder) empty(name string) error {
	for {
		child, err := d.child(name)
		if err != nil || !child {
			return err
		}
		if err := d.tok.Skip(); err != nil {
			return err
		}
	}
}

func (d *Decoder) noAttr(name, element string) error {
	return d.tok.Errorf("<%s> without %s", element, name)
}
