package wusptest

import (
	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/wsus"
)

// The calls of an update agent, as a [Script] and an [Outcome] name them.
const (
	CallGetConfig     = "get_config"
	CallAuthorize     = "get_authorization_cookie"
	CallGetCookie     = "get_cookie"
	CallRegister      = "register_computer"
	CallCategoryScan  = "start_category_scan"
	CallSyncUpdates   = "sync_updates"
	CallRefreshCache  = "refresh_cache"
	CallExtendedInfo  = "get_extended_update_info"
	PassSoftware      = "software" // the passes of SyncUpdates
	PassDrivers       = "drivers"
	ResultCompleted   = "completed" // the ends of a retrieval
	ResultFailed      = "failed"
	ResultNotSSL      = "not_ssl"
	scriptAuth        = "auth" // the default answers
	scriptCookie      = "cookie"
	scriptURL         = "http://wsus.example.test:8530"
	scriptVersion     = "1.8"
	scriptTrips       = 200
	scriptInstalled   = 400
	scriptMaxExtended = 50
)

// Script is a server that answers by a list, and an update agent that
// retrieves from it. [Model] and [Play] work out what the agent does. It is
// what the operation wire.run of the vectors asks about, and their page and
// chapter 8 of the specification say what each field means.
//
// A Script is not changed by those who read it, and may be shared.
type Script struct {
	Config     ScriptConfig
	Server     ScriptServer
	Retrievals []ScriptRetrieval
}

// ScriptConfig is the agent's configuration.
type ScriptConfig struct {
	// URL is that of the server; "" is http://wsus.example.test:8530.
	URL string
	// Version is the agent's protocol version; "" is "1.8".
	Version string
	// MaxTrips and MaxInstalled bound a retrieval; 0 is 200 and 400.
	MaxTrips, MaxInstalled int
	// Drivers asks for the driver pass.
	Drivers bool
	// Categories limit the scan.
	Categories []compliance.UpdateID
}

// complete returns the configuration with its defaults.
func (c ScriptConfig) complete() ScriptConfig {
	if c.URL == "" {
		c.URL = scriptURL
	}
	if c.Version == "" {
		c.Version = scriptVersion
	}
	if c.MaxTrips == 0 {
		c.MaxTrips = scriptTrips
	}
	if c.MaxInstalled == 0 {
		c.MaxInstalled = scriptInstalled
	}
	return c
}

// ScriptServer is what the server answers.
type ScriptServer struct {
	// Config is the answer to GetConfig while no other is scripted; nil is
	// [DefaultScriptConfiguration].
	Config *ScriptConfiguration
	// Answers has for each call, such as [CallSyncUpdates], what its first call
	// gets, its second and so on; nil in a list is the default answer. A call
	// that is answered with a fault counts too.
	Answers map[string][]*ScriptAnswer
	// Always has what a call gets when its list is used up.
	Always map[string]*ScriptAnswer
}

// answer is what the n-th call of an operation gets, from 0; nil is the
// default answer.
func (s *ScriptServer) answer(op string, n int) *ScriptAnswer {
	if list := s.Answers[op]; n < len(list) {
		return list[n]
	}
	return s.Always[op]
}

// configuration is the default answer to GetConfig.
func (s *ScriptServer) configuration() ScriptConfiguration {
	if s.Config == nil {
		return DefaultScriptConfiguration()
	}
	return *s.Config
}

// ScriptAnswer is an answer. When it is none, one of Fault, Status, HTML and
// Cut is set; else the field of the operation may be, and nil stands for the
// default answer.
type ScriptAnswer struct {
	// Fault is the ErrorCode of a fault, "" for one that has none.
	Fault *string
	// Status is an HTTP status without an envelope, and Redirect where it points.
	Status   int
	Redirect string
	// HTML is a page instead of an envelope.
	HTML bool
	// Cut ends the connection in the middle of the answer.
	Cut bool

	Configuration *ScriptConfiguration // of GetConfig
	Cookie        *string              // of GetAuthorizationCookie and GetCookie
	Categories    *ScriptCategories    // of StartCategoryScan
	Sync          *ScriptSync          // of SyncUpdates
	Rows          []ScriptRow          // of RefreshCache
	OutOfScope    []int32              // of GetExtendedUpdateInfo
}

// ScriptConfiguration is an answer to GetConfig. ServerVersion and MaxExtended
// are nil when the server does not say.
type ScriptConfiguration struct {
	LastChange    string
	Registration  bool
	ServerVersion *string
	MaxExtended   *int
	ServiceURL    string
}

// DefaultScriptConfiguration is that of a real server.
func DefaultScriptConfiguration() ScriptConfiguration {
	version, most := "3.2", scriptMaxExtended
	return ScriptConfiguration{
		LastChange: "2026-11-01T08:00:00Z", Registration: true, ServerVersion: &version, MaxExtended: &most,
		ServiceURL: "SimpleAuthWebService/SimpleAuth.asmx",
	}
}

// ScriptCategories is an answer to StartCategoryScan. Preferred is nil for all
// that were asked for; an empty list is none.
type ScriptCategories struct {
	Preferred []compliance.UpdateID
	Unknown   []compliance.UpdateID
}

// ScriptSync is an answer to SyncUpdates.
type ScriptSync struct {
	New              []ScriptUpdate
	Changed          []ScriptChange
	OutOfScope       []int32
	Truncated        bool
	Cookie           string // "" is none
	DriversNotNeeded bool
}

// ScriptUpdate is a revision of an update. Installed says what its rules find
// on the machine, Broken that its metadata cannot be read.
type ScriptUpdate struct {
	ID int32
	wsus.Identity
	Kind      wsus.Kind
	Leaf      bool
	Action    wsus.Action
	Installed bool
	Broken    bool
}

// ScriptChange is a changed deployment or leaf flag of a revision.
type ScriptChange struct {
	ID     int32
	Leaf   bool
	Action wsus.Action
}

// ScriptRow is a row of RefreshCache.
type ScriptRow struct {
	ID int32
	wsus.Identity
	Leaf   bool
	Action wsus.Action
}

// ScriptRetrieval is one retrieval.
type ScriptRetrieval struct {
	// SSLOnly refuses an http server.
	SSLOnly bool
	// Restart ends the agent's process before it.
	Restart bool
}

// Outcome is what an agent did: an entry for each retrieval.
type Outcome struct{ Retrievals []ScriptResult }

// ScriptResult is what a retrieval called and how it ended.
type ScriptResult struct {
	Calls []ScriptCall
	// Result is [ResultCompleted], [ResultFailed] or [ResultNotSSL].
	Result string
	// Code is that of a failure, else 0.
	Code wsus.Code
	// Updates are what is known after a retrieval that was completed, in the
	// order of their identities.
	Updates []ScriptKnown
}

// ScriptKnown is a revision that the agent knows.
type ScriptKnown struct {
	wsus.Identity
	Kind   wsus.Kind
	Leaf   bool
	Action wsus.Action
}

// ScriptCall is a call; of its fields those of the operation are set. Lists of
// numbers are in ascending order.
type ScriptCall struct {
	Op string

	Version    string                // GetConfig
	URL        string                // GetAuthorizationCookie
	Auth       string                // GetCookie
	OldCookie  *string               // GetCookie, nil when none is shown
	LastChange string                // GetCookie
	Cookie     string                // those that show it
	Categories []compliance.UpdateID // StartCategoryScan

	Pass      string                // SyncUpdates
	Installed []int32               // SyncUpdates
	Other     []int32               // SyncUpdates
	Drivers   []int32               // SyncUpdates
	Filter    []compliance.UpdateID // SyncUpdates

	Updates []wsus.Identity // RefreshCache
	IDs     []int32         // GetExtendedUpdateInfo
}
