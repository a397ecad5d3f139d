package statemsg

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	"github.com/updatescan/updatescan/internal/xmltok"
)

// DecodeReport reads a report in its wire form (MSG-9), as the package comment
// specifies it. The data may be UTF-16 with byte-order mark, or UTF-8. It is
// the inverse of [AppendReport]. Anything else is refused with a
// *[DecodeError]. The texts of the messages share memory.
func DecodeReport(data []byte) (*Report, error) {
	var d Decoder
	return d.Decode(data)
}

// Header is what a report says before its messages.
type Header struct {
	Client Client
	Date   time.Time
}

// Decoder decodes reports one after another and reuses its buffers, which stay
// as large as the largest report needed. The zero value is ready. Not safe for
// concurrent use.
type Decoder struct {
	tok   xmltok.Tokenizer
	utf8  []byte // a report converted from UTF-16
	doc   []byte // the report in UTF-8
	count int    // messages read
	each  func(*Message) error
	days  cimDays

	// The messages from pending[done] on still lack their texts, which are in
	// arena in the order of their fields; ends has where each text ends, and
	// params how many parameters each of those messages has. If the messages
	// are not kept, pending is emptied now and then.
	pending []Message
	done    int
	keep    bool
	arena   []byte
	ends    []int
	params  []uint8
}

// Decode does what [DecodeReport] does. The report shares nothing with the
// decoder.
func (d *Decoder) Decode(data []byte) (*Report, error) {
	r := new(Report)
	reused := d.pending
	defer func() { d.pending = reused }()
	d.keep = true
	err := d.visit(data, func(h Header) error {
		r.Client, r.Date = h.Client, h.Date
		d.pending = make([]Message, 0, d.estimate())
		return nil
	})
	if err != nil {
		return nil, err
	}
	r.Messages = d.pending
	return r, nil
}

// chunkMessages is how many messages get their texts at a time; these share
// memory.
const chunkMessages = 64

// Limits of the tokenizer. The deepest element of a report is at depth 5.
const (
	maxReportDepth = 16
	maxReportAttrs = 16
)

// Visit decodes a report without keeping it (MSG-9). It calls header once, then
// each for every message in the order of the report, and stops with the error
// of either. The Message is valid until each returns; its texts and Params may
// be kept.
//
// A report can turn out to be bad after some of its messages were visited. The
// caller must be able to drop them then: a report is accepted whole or not at
// all.
func (d *Decoder) Visit(data []byte, header func(Header) error, each func(*Message) error) error {
	d.keep, d.each = false, each
	return d.visit(data, header)
}

// visit is Visit or, with keep set, what Decode needs.
func (d *Decoder) visit(data []byte, header func(Header) error) error {
	doc, fromUTF16, err := d.toUTF8(data)
	if err != nil {
		return err
	}
	d.doc, d.count = doc, 0
	d.pending, d.done = d.pending[:0], 0
	d.arena, d.ends, d.params = d.arena[:0], d.ends[:0], d.params[:0]
	d.tok.Reset(doc, xmltok.Limits{
		MaxBytes:  maxDocumentBytes,
		MaxDepth:  maxReportDepth,
		MaxAttrs:  maxReportAttrs,
		FromUTF16: fromUTF16,
	}, false)
	defer func() {
		d.doc, d.each = nil, nil
		d.tok.Reset(nil, xmltok.Limits{}, true)
	}()
	if err := d.document(header); err != nil {
		return d.located(err)
	}
	return nil
}

// maxDocumentBytes bounds a report in UTF-8: no character of two bytes in
// UTF-16 takes more than three.
const maxDocumentBytes = MaxReportBytes / 2 * 3

// toUTF8 is the report in UTF-8, and whether it was UTF-16.
func (d *Decoder) toUTF8(data []byte) (doc []byte, fromUTF16 bool, err error) {
	if len(data) > MaxReportBytes { // MSG-9
		return nil, false, &DecodeError{Reason: fmt.Sprintf("%d bytes, at most %d", len(data), MaxReportBytes)}
	}
	if len(data) < 2 {
		return nil, false, &DecodeError{Reason: "no XML document"}
	}
	mark := [2]byte{data[0], data[1]}
	if mark != [2]byte{0xFF, 0xFE} && mark != [2]byte{0xFE, 0xFF} {
		if data[0] == 0 || data[1] == 0 {
			return nil, false, &DecodeError{Reason: "UTF-16 without byte-order mark"}
		}
		return data, false, nil
	}
	d.utf8, err = xmltok.DecodeUTF16(d.utf8[:0], data)
	if err != nil {
		reason := "UTF-16: " + err.Error()
		if e, ok := errors.AsType[*xmltok.EncodingError](err); ok {
			reason = fmt.Sprintf("UTF-16: byte %d: %s", e.Offset, e.Msg)
		}
		return nil, false, &DecodeError{Reason: reason}
	}
	return d.utf8, true, nil
}

// estimate is about how many messages the report has.
func (d *Decoder) estimate() int {
	return min(len(d.doc)/typicalMessageChars+1, MaxReportMessages)
}

// located makes a *DecodeError of a refusal of the tokenizer; errors of the
// caller's functions stay as they are.
func (d *Decoder) located(err error) error {
	if e, ok := errors.AsType[*xmltok.Error](err); ok {
		return &DecodeError{Line: e.Line, Column: e.Column, Reason: e.Msg}
	}
	return err
}

// document reads the whole report.
func (d *Decoder) document(header func(Header) error) error {
	if _, err := d.tok.Next(); err != nil {
		return err
	}
	if !d.is("Report") {
		return d.tok.Errorf("root element <%.64s>, want <Report>", d.tok.Local())
	}
	var seen, body uint
	for {
		child, err := d.child("Report")
		if err != nil {
			return err
		}
		if !child {
			break
		}
		if d.is("ReportHeader") {
			if err := d.once(&seen, 0); err != nil {
				return err
			}
			h, err := d.header()
			if err != nil {
				return err
			}
			if err := header(h); err != nil {
				return err
			}
		} else if d.is("ReportBody") {
			if seen == 0 {
				return d.tok.Errorf("<ReportBody> before <ReportHeader>")
			}
			if err := d.once(&body, 0); err != nil {
				return err
			}
			if err := d.body(); err != nil {
				return err
			}
		} else if err := d.tok.Skip(); err != nil {
			return err
		}
	}
	if seen == 0 {
		return d.missing("ReportHeader", "Report")
	}
	if body == 0 {
		return d.missing("ReportBody", "Report")
	}
	_, err := d.tok.Next() // nothing but the end of the document can follow
	return err
}

// is says whether the current tag has a name of the format, which has no
// namespace prefixes.
func (d *Decoder) is(name string) bool {
	return string(d.tok.Local()) == name && d.tok.Prefix() == nil
}

// child moves to the next start tag inside the element named parent, or to its
// end tag, then child is false. Only white space may stand between.
func (d *Decoder) child(parent string) (child bool, err error) {
	for {
		kind, err := d.tok.Next()
		if err != nil {
			return false, err
		}
		if kind == xmltok.Start {
			return true, nil
		}
		if kind != xmltok.Text {
			return false, nil
		}
		if len(bytes.TrimLeft(d.tok.Text(), " \t\r\n")) != 0 {
			return false, d.tok.Errorf("text in <%s>", parent)
		}
	}
}

// once refuses an element that came before: bit of seen stands for it.
func (d *Decoder) once(seen *uint, bit uint) error {
	if *seen&(1<<bit) != 0 {
		return d.tok.Errorf("second <%.64s>", d.tok.Local())
	}
	*seen |= 1 << bit
	return nil
}

func (d *Decoder) missing(name, parent string) error {
	return d.tok.Errorf("no <%s> in <%s>", name, parent)
}

// body reads <ReportBody>.
func (d *Decoder) body() error {
	for {
		if len(d.params) == chunkMessages {
			if err := d.flush(); err != nil {
				return err
			}
		}
		if d.count < MaxReportMessages && d.plainMessage() {
			d.count++
			continue
		}
		child, err := d.child("ReportBody")
		if err != nil {
			return err
		}
		if !child {
			break
		}
		if !d.is("StateMessage") {
			if err := d.tok.Skip(); err != nil {
				return err
			}
			continue
		}
		if d.count == MaxReportMessages { // MSG-9
			return d.tok.Errorf("more than %d messages", MaxReportMessages)
		}
		if err := d.message(); err != nil {
			return err
		}
		d.count++
	}
	if d.count == 0 {
		return d.missing("StateMessage", "ReportBody")
	}
	return d.flush()
}

// flush gives the pending messages their texts and, if they are not kept, hands
// them on.
func (d *Decoder) flush() error {
	texts := string(d.arena)
	pending := d.pending[d.done:]
	params := make([]string, len(d.ends)-2*len(pending))
	at, ends := 0, d.ends
	for i := range pending {
		m := &pending[i]
		m.TopicID = texts[at:ends[0]]
		m.Details = texts[ends[0]:ends[1]]
		at, ends = ends[1], ends[2:]
		if n := int(d.params[i]); n > 0 {
			m.Params, params = params[:n:n], params[n:]
			for j := range m.Params {
				m.Params[j] = texts[at:ends[j]]
				at = ends[j]
			}
			ends = ends[n:]
		}
	}
	d.arena, d.ends, d.params = d.arena[:0], d.ends[:0], d.params[:0]
	if d.keep {
		d.done = len(d.pending)
		return nil
	}
	for i := range pending {
		if err := d.each(&pending[i]); err != nil {
			return err
		}
	}
	d.pending = d.pending[:0]
	return nil
}

// endText ends the text whose bytes were appended to the arena.
func (d *Decoder) endText() { d.ends = append(d.ends, len(d.arena)) }
