package wusp

import (
	"strings"

	"github.com/updatescan/updatescan/wsus"
)

// ErrorCode is what a fault says has gone wrong, as written. Codes that are
// not listed here occur.
type ErrorCode string

// The documented error codes.
const (
	InvalidCookie              ErrorCode = "InvalidCookie"
	ServerChanged              ErrorCode = "ServerChanged"
	ConfigChanged              ErrorCode = "ConfigChanged"
	CookieExpired              ErrorCode = "CookieExpired"
	RegistrationRequired       ErrorCode = "RegistrationRequired"
	RegistrationNotRequired    ErrorCode = "RegistrationNotRequired"
	InvalidAuthorizationCookie ErrorCode = "InvalidAuthorizationCookie"
	InvalidParameters          ErrorCode = "InvalidParameters"
	InternalServerError        ErrorCode = "InternalServerError"
	ServerBusy                 ErrorCode = "ServerBusy"
	FileLocationChanged        ErrorCode = "FileLocationChanged"
)

// Normal returns the code in its one spelling: some are written in two ways.
func (c ErrorCode) Normal() ErrorCode {
	if c == "InvalidParameter" {
		return InvalidParameters
	}
	if c == "FileLocationsChanged" {
		return FileLocationChanged
	}
	return c
}

// Fault is a SOAP fault. It is an error with the result code that the
// documentation gives it.
type Fault struct { //nolint:errname // it is a message first, and SOAP's name for it
	// FaultCode is "Client" or "Server", without prefix.
	FaultCode string
	// FaultString is for people; old servers put a stack trace there.
	FaultString string
	// FaultActor is the URL that failed, or "".
	FaultActor string
	// ErrorCode says what has gone wrong; "" when the fault has no detail.
	ErrorCode ErrorCode
	// Message says more; for InvalidParameters it names the parameter.
	Message string
	// ID is a new GUID for each fault.
	ID string
	// Method is the SOAPAction, with its quotes.
	Method string
}

// NewFault returns a fault with an error code. It is the client's, unless the
// code says that the server is at fault.
func NewFault(code ErrorCode, message string) *Fault {
	side := "Client"
	if n := code.Normal(); n == InternalServerError || n == ServerBusy {
		side = "Server"
	}
	return &Fault{FaultCode: side, FaultString: "Fault occurred", ErrorCode: code, Message: message}
}

// Error implements error: the error code, and the message or what else the
// fault says.
func (f *Fault) Error() string {
	b := []byte("wusp: fault ")
	if f.ErrorCode != "" {
		b = append(b, f.ErrorCode...)
	} else {
		b = append(b, "without error code"...)
	}
	detail := f.Message
	if detail == "" && f.ErrorCode == "" {
		detail = f.FaultString
	}
	if detail != "" {
		const most = 200
		b = append(b, ": "...)
		b = append(b, strings.ToValidUTF8(detail[:min(len(detail), most)], "")...)
	}
	return string(b)
}

// Code returns the result code. InvalidCookie and ServerChanged have the code
// that asks for a refresh of the cache, InternalServerError that of a server
// that failed, ServerBusy, FileLocationChanged and RegistrationNotRequired
// have codes of their own; all others, and a fault without an error code, are
// a SOAP fault.
func (f *Fault) Code() wsus.Code {
	switch f.ErrorCode.Normal() {
	case InvalidCookie, ServerChanged:
		return wsus.CodeRefreshCacheRequired
	case InternalServerError:
		return wsus.CodeSOAPServer
	case ServerBusy:
		return wsus.CodeServerBusy
	case FileLocationChanged:
		return codeFileLocationsChanged
	case RegistrationNotRequired:
		return codeRegistrationNotSupported
	case ConfigChanged, CookieExpired, RegistrationRequired, InvalidAuthorizationCookie, InvalidParameters:
	}
	return wsus.CodeSOAPFault
}

// Codes of the protocol talker that package wsus knows by number only.
const (
	codeFileLocationsChanged     wsus.Code = 0x80244025
	codeRegistrationNotSupported wsus.Code = 0x80244026
	codeNoAuthPlugIns            wsus.Code = 0x80244027
	codeNoAuthCookies            wsus.Code = 0x80244028
)

var faultDetailFields = []field[Fault]{
	{
		name: "ErrorCode",
		read: func(r *reader, m *Fault) error {
			b, err := r.word()
			if err == nil {
				m.ErrorCode = ErrorCode(b)
			}
			return err
		},
		write: func(w *writer, m *Fault) {
			if m.ErrorCode != "" {
				w.text("ErrorCode", string(m.ErrorCode))
			}
		},
	},
	text("Message", func(m *Fault) *string { return &m.Message }),
	text("ID", func(m *Fault) *string { return &m.ID }),
	text("Method", func(m *Fault) *string { return &m.Method }),
}

// faultFields has no detail when there is nothing to say in it.
var faultFields = []field[Fault]{
	{
		name: "faultcode",
		read: func(r *reader, m *Fault) error {
			b, err := r.word()
			if err == nil {
				m.FaultCode = string(b[strings.LastIndexByte(string(b), ':')+1:])
			}
			return err
		},
		write: func(w *writer, m *Fault) {
			code := m.FaultCode
			if code == "" {
				code = "Server"
			}
			w.text("faultcode", "s:"+code)
		},
	},
	textAlways("faultstring", func(m *Fault) *string { return &m.FaultString }),
	text("faultactor", func(m *Fault) *string { return &m.FaultActor }),
	{
		name: "detail",
		read: readFault,
		write: func(w *writer, m *Fault) {
			if m.ErrorCode != "" || m.Message != "" || m.ID != "" || m.Method != "" {
				w.open("detail")
				writeFields(w, m, faultDetailFields)
				w.close("detail")
			}
		},
	},
}

func readFault(r *reader, m *Fault) error { return readFields(r, m, faultDetailFields) }

func (f *Fault) read(r *reader) error {
	if err := readFields(r, f, faultFields); err != nil {
		return err
	}
	return r.rest()
}

// AppendFault appends the envelope of a fault to b, as the answer with status
// 500 has it: the children of Fault and of its detail are in no namespace.
func AppendFault(b []byte, f *Fault) []byte {
	w := writer{b: append(b, envelopeOpen...)}
	w.open("s:Fault")
	writeFields(&w, f, faultFields)
	w.close("s:Fault")
	return append(w.b, envelopeClose...)
}

// DecodeFault reads the envelope of a fault. ok is false, and there is no
// error, when the envelope holds something else.
func DecodeFault(data []byte, maxBytes int) (f *Fault, ok bool, err error) {
	var r reader
	if err := r.body(data, maxBytes); err != nil {
		return nil, false, err
	}
	if string(r.tok.Local()) != "Fault" {
		return nil, false, nil
	}
	f = new(Fault)
	if err := f.read(&r); err != nil {
		return nil, false, err
	}
	return f, true, nil
}
