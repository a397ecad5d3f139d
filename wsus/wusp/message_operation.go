package wusp

import (
	"errors"
	"fmt"
	"iter"
)

// Operation is an operation of the protocol. The zero Operation is invalid.
type Operation uint8

const (
	// OpGetConfig asks for the server's configuration.
	OpGetConfig Operation = 1 + iota
	// OpGetAuthorizationCookie says who the client is.
	OpGetAuthorizationCookie
	// OpGetCookie opens a session.
	OpGetCookie
	// OpRegisterComputer tells the server about the machine.
	OpRegisterComputer
	// OpStartCategoryScan prepares a scan limited to categories.
	OpStartCategoryScan
	// OpSyncUpdates brings the client's cache up to date.
	OpSyncUpdates
	// OpRefreshCache renews revision numbers.
	OpRefreshCache
	// OpGetExtendedUpdateInfo asks for more about revisions.
	OpGetExtendedUpdateInfo
	// OpGetExtendedUpdateInfo2 asks for more by global ids.
	OpGetExtendedUpdateInfo2
	// OpGetFileLocations asks where files are.
	OpGetFileLocations
	// OpReportEventBatch reports events.
	OpReportEventBatch
)

// numOperations is the number of operations.
const numOperations = int(OpReportEventBatch)

// ErrBadOperation is matched by the errors for what is no [Operation].
var ErrBadOperation = errors.New("unknown operation name")

// token is the text form, "" for an invalid Operation.
func (o Operation) token() string {
	switch o {
	case OpGetConfig:
		return "get_config"
	case OpGetAuthorizationCookie:
		return "get_authorization_cookie"
	case OpGetCookie:
		return "get_cookie"
	case OpRegisterComputer:
		return "register_computer"
	case OpStartCategoryScan:
		return "start_category_scan"
	case OpSyncUpdates:
		return "sync_updates"
	case OpRefreshCache:
		return "refresh_cache"
	case OpGetExtendedUpdateInfo:
		return "get_extended_update_info"
	case OpGetExtendedUpdateInfo2:
		return "get_extended_update_info2"
	case OpGetFileLocations:
		return "get_file_locations"
	case OpReportEventBatch:
		return "report_event_batch"
	}
	return ""
}

// Name is the operation's name on the wire, such as "GetConfig"; "" for an
// invalid Operation.
func (o Operation) Name() string {
	switch o {
	case OpGetConfig:
		return "GetConfig"
	case OpGetAuthorizationCookie:
		return "GetAuthorizationCookie"
	case OpGetCookie:
		return "GetCookie"
	case OpRegisterComputer:
		return "RegisterComputer"
	case OpStartCategoryScan:
		return "StartCategoryScan"
	case OpSyncUpdates:
		return "SyncUpdates"
	case OpRefreshCache:
		return "RefreshCache"
	case OpGetExtendedUpdateInfo:
		return "GetExtendedUpdateInfo"
	case OpGetExtendedUpdateInfo2:
		return "GetExtendedUpdateInfo2"
	case OpGetFileLocations:
		return "GetFileLocations"
	case OpReportEventBatch:
		return "ReportEventBatch"
	}
	return ""
}

// Operations iterates over all operations in the order of their numbers.
func Operations() iter.Seq[Operation] {
	return func(yield func(Operation) bool) {
		for i := range numOperations {
			if !yield(Operation(1 + i)) {
				return
			}
		}
	}
}

// Valid reports whether o is one of the constants.
func (o Operation) Valid() bool { return o.token() != "" }

// String returns the text form, such as "get_config", or "Operation(99)" for
// an invalid one.
func (o Operation) String() string {
	if t := o.token(); t != "" {
		return t
	}
	return fmt.Sprintf("Operation(%d)", uint8(o))
}

// AppendText appends the text form; an invalid Operation is an error that
// matches [ErrBadOperation].
func (o Operation) AppendText(b []byte) ([]byte, error) {
	t := o.token()
	if t == "" {
		return b, fmt.Errorf("wusp: %w: %d", ErrBadOperation, uint8(o))
	}
	return append(b, t...), nil
}

// MarshalText returns the text form; see [Operation.AppendText].
func (o Operation) MarshalText() ([]byte, error) { return o.AppendText(nil) }

// ParseOperation reads the text form, which must match exactly. Anything
// else is an error that matches [ErrBadOperation].
func ParseOperation(s string) (Operation, error) {
	for o := range Operations() {
		if o.token() == s {
			return o, nil
		}
	}
	return 0, fmt.Errorf("wusp: %w: %q", ErrBadOperation, s)
}

// UnmarshalText reads what [ParseOperation] reads. On error the receiver is
// unchanged.
func (o *Operation) UnmarshalText(text []byte) error {
	v, err := ParseOperation(string(text))
	if err == nil {
		*o = v
	}
	return err
}

// Service paths, relative to a server's root.
const (
	ClientPath = "/ClientWebService/client.asmx"
	AuthPath   = "/SimpleAuthWebService/SimpleAuth.asmx"
	ReportPath = "/ReportingWebService/ReportingWebService.asmx"
)

// Namespace is the namespace of the operation's elements.
func (o Operation) Namespace() string {
	switch o { //nolint:exhaustive // the others belong to the client service
	case OpGetAuthorizationCookie:
		return authSpace
	case OpReportEventBatch:
		return reportingSpace
	}
	return clientSpace
}

// Path is the path of the operation's service.
func (o Operation) Path() string {
	switch o { //nolint:exhaustive // the others belong to the client service
	case OpGetAuthorizationCookie:
		return AuthPath
	case OpReportEventBatch:
		return ReportPath
	}
	return ClientPath
}

// Action is the value of the SOAPAction header, without its quotes.
func (o Operation) Action() string { return o.Namespace() + "/" + o.Name() }

// operationNamed finds an operation by its name on the wire.
func operationNamed(name string) (Operation, bool) {
	for o := range Operations() {
		if o.Name() == name {
			return o, true
		}
	}
	return 0, false
}

// request returns an empty request of a valid operation.
func (o Operation) request() Message {
	switch o {
	case OpGetConfig:
		return new(GetConfigRequest)
	case OpGetAuthorizationCookie:
		return new(GetAuthorizationCookieRequest)
	case OpGetCookie:
		return new(GetCookieRequest)
	case OpRegisterComputer:
		return new(RegisterComputerRequest)
	case OpStartCategoryScan:
		return new(StartCategoryScanRequest)
	case OpSyncUpdates:
		return new(SyncUpdatesRequest)
	case OpRefreshCache:
		return new(RefreshCacheRequest)
	case OpGetExtendedUpdateInfo:
		return new(GetExtendedUpdateInfoRequest)
	case OpGetExtendedUpdateInfo2:
		return new(GetExtendedUpdateInfo2Request)
	case OpGetFileLocations:
		return new(GetFileLocationsRequest)
	case OpReportEventBatch:
		return new(ReportEventBatchRequest)
	}
	return nil
}

// response returns an empty answer of a valid operation.
func (o Operation) response() Message {
	switch o {
	case OpGetConfig:
		return new(GetConfigResponse)
	case OpGetAuthorizationCookie:
		return new(GetAuthorizationCookieResponse)
	case OpGetCookie:
		return new(GetCookieResponse)
	case OpRegisterComputer:
		return new(RegisterComputerResponse)
	case OpStartCategoryScan:
		return new(StartCategoryScanResponse)
	case OpSyncUpdates:
		return new(SyncUpdatesResponse)
	case OpRefreshCache:
		return new(RefreshCacheResponse)
	case OpGetExtendedUpdateInfo:
		return new(GetExtendedUpdateInfoResponse)
	case OpGetExtendedUpdateInfo2:
		return new(GetExtendedUpdateInfo2Response)
	case OpGetFileLocations:
		return new(GetFileLocationsResponse)
	case OpReportEventBatch:
		return new(ReportEventBatchResponse)
	}
	return nil
}
