package wusp

import (
	"github.com/updatescan/updatescan/internal/xmltok"
)

// Namespaces of the protocol.
const (
	envelopeSpace  = "http://schemas.xmlsoap.org/soap/envelope/"
	clientSpace    = "http://www.microsoft.com/SoftwareDistribution/Server/ClientWebService"
	authSpace      = "http://www.microsoft.com/SoftwareDistribution/Server/SimpleAuthWebService"
	reportingSpace = "http://www.microsoft.com/SoftwareDistribution"
)

// ContentType is the media type of every envelope.
const ContentType = "text/xml; charset=utf-8"

const (
	envelopeOpen  = `<s:Envelope xmlns:s="` + envelopeSpace + `"><s:Body>`
	envelopeClose = `</s:Body></s:Envelope>`
)

// Message is what an envelope carries: a pointer to one of the Request and
// Response types of this package.
type Message interface {
	// Operation is the operation that the message belongs to.
	Operation() Operation
	// Response reports whether it is an answer.
	Response() bool

	read(*reader) error
	write(*writer)
}

// AppendEnvelope appends the envelope of a message to b: SOAP 1.1, without
// an XML declaration, elements in the order of the WSDL. What may be missing
// and has no value is left out; what must be there is always written. A
// character that XML cannot hold becomes U+FFFD.
func AppendEnvelope(b []byte, m Message) []byte {
	name := m.Operation().Name()
	if m.Response() {
		name += "Response"
	}
	w := writer{b: append(b, envelopeOpen...)}
	w.b = append(w.b, '<')
	w.b = append(w.b, name...)
	w.b = append(w.b, ` xmlns="`...)
	w.b = append(w.b, m.Operation().Namespace()...)
	w.b = append(w.b, '"', '>')
	m.write(&w)
	w.close(name)
	return append(w.b, envelopeClose...)
}

// DecodeRequest reads the envelope of a request of any operation. maxBytes
// bounds its length; zero means [DefaultMaxBytes]. Elements are known by
// their local names, in any order; unknown ones and the SOAP header are
// passed over. The error is a [*DecodeError]. The result does not refer to
// data.
func DecodeRequest(data []byte, maxBytes int) (Message, error) {
	var r reader
	if err := r.body(data, maxBytes); err != nil {
		return nil, err
	}
	op, ok := operationNamed(string(r.tok.Local()))
	if !ok {
		return nil, r.kind(ErrUnknownOperation, "%s", quote(r.tok.Local()))
	}
	m := op.request()
	if err := r.message(m); err != nil {
		return nil, err
	}
	return m, nil
}

// DecodeResponse reads the envelope of the answer to an operation, as
// [DecodeRequest] reads a request. A SOAP fault is returned as a [*Fault]
// error, any other refusal is a [*DecodeError].
func DecodeResponse(data []byte, op Operation, maxBytes int) (Message, error) {
	if !op.Valid() {
		return nil, &DecodeError{Msg: op.String(), Err: ErrUnknownOperation}
	}
	var r reader
	if err := r.body(data, maxBytes); err != nil {
		return nil, err
	}
	local := string(r.tok.Local())
	if local == "Fault" {
		f := new(Fault)
		if err := f.read(&r); err != nil {
			return nil, err
		}
		return nil, f
	}
	if local != op.Name()+"Response" {
		return nil, r.kind(ErrOtherAnswer, "%s instead of %sResponse", quote([]byte(local)), op.Name())
	}
	m := op.response()
	if err := r.message(m); err != nil {
		return nil, err
	}
	return m, nil
}

// kind is an error of a kind at the current token.
func (r *reader) kind(kind error, format string, args ...any) error {
	at := r.tok.Errorf(format, args...)
	return &DecodeError{Line: at.Line, Column: at.Column, Msg: at.Msg, Err: kind}
}

// body moves to the start tag of the element in the envelope's body.
func (r *reader) body(data []byte, maxBytes int) error {
	if maxBytes <= 0 {
		maxBytes = DefaultMaxBytes
	}
	if len(data) > maxBytes {
		return &DecodeError{Err: ErrTooLarge}
	}
	r.block = min(arenaBytes, len(data)) // what is decoded is not longer
	r.tok.Reset(data, xmltok.Limits{MaxBytes: maxBytes, MaxDepth: MaxDepth}, false)
	ok, err := r.next()
	if err != nil {
		if r.tok.EndOffset() == 0 { // not a single token
			if at, is := err.(*DecodeError); is { //nolint:errorlint // located returns it bare
				return &DecodeError{Line: at.Line, Column: at.Column, Msg: at.Msg, Err: ErrNotSOAP}
			}
		}
		return err
	}
	if !ok || string(r.tok.Local()) != "Envelope" {
		return r.kind(ErrNotSOAP, "the root is %s", quote(r.tok.Local()))
	}
	for {
		ok, err := r.next()
		if err != nil {
			return err
		}
		if !ok {
			return r.kind(ErrNotSOAP, "the envelope has no Body")
		}
		if string(r.tok.Local()) == "Body" {
			break
		}
		if err := r.skip(); err != nil {
			return err
		}
	}
	ok, err = r.next()
	if err == nil && !ok {
		err = r.kind(ErrNotSOAP, "the Body is empty")
	}
	return err
}

// message reads the element in the body and what follows it, so that an
// envelope that was cut short anywhere is refused.
func (r *reader) message(m Message) error {
	if err := m.read(r); err != nil {
		return err
	}
	return r.rest()
}

func (r *reader) rest() error {
	for {
		kind, err := r.tok.Next()
		if err != nil {
			return located(err)
		}
		if kind == xmltok.EOF {
			return nil
		}
	}
}
