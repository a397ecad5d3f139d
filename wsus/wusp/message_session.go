package wusp

import "github.com/updatescan/updatescan/compliance"

// GetConfigRequest asks for the server's configuration.
type GetConfigRequest struct {
	// ProtocolVersion is the client's, in two parts, such as "1.8".
	ProtocolVersion string
}

var getConfigFields = []field[GetConfigRequest]{
	text("protocolVersion", func(m *GetConfigRequest) *string { return &m.ProtocolVersion }),
}

// AuthPlugIn is a way to get an authorization cookie.
type AuthPlugIn struct {
	// PlugInID is "SimpleTargeting".
	PlugInID string
	// ServiceURL is relative to the server's root.
	ServiceURL string
	Parameter  string
}

var authPlugInFields = []field[AuthPlugIn]{
	text("PlugInID", func(m *AuthPlugIn) *string { return &m.PlugInID }),
	text("ServiceUrl", func(m *AuthPlugIn) *string { return &m.ServiceURL }),
	text("Parameter", func(m *AuthPlugIn) *string { return &m.Parameter }),
}

// Property is a property of the configuration.
type Property struct{ Name, Value string }

var propertyFields = []field[Property]{
	text("Name", func(m *Property) *string { return &m.Name }),
	text("Value", func(m *Property) *string { return &m.Value }),
}

// Names of properties.
const (
	// PropertyMaxExtended is how many revisions one GetExtendedUpdateInfo may
	// ask for.
	PropertyMaxExtended = "MaxExtendedUpdatesPerRequest"
	// PropertyProtocolVersion is the server's protocol version, such as "3.2".
	PropertyProtocolVersion = "ProtocolVersion"
)

// GetConfigResponse is the server's configuration.
type GetConfigResponse struct {
	// LastChange is to be given back in [GetCookieRequest] as it is.
	LastChange             DateTime
	IsRegistrationRequired bool
	AuthInfo               []AuthPlugIn
	AllowedEventIDs        []int32
	Properties             []Property
}

// Property returns the value of the property with the name.
func (m *GetConfigResponse) Property(name string) (string, bool) {
	for _, p := range m.Properties {
		if p.Name == name {
			return p.Value, true
		}
	}
	return "", false
}

var configFields = []field[GetConfigResponse]{
	date("LastChange", func(m *GetConfigResponse) *DateTime { return &m.LastChange }),
	flag("IsRegistrationRequired", func(m *GetConfigResponse) *bool { return &m.IsRegistrationRequired }),
	list("AuthInfo", "AuthPlugInInfo", func(m *GetConfigResponse) *[]AuthPlugIn { return &m.AuthInfo }, authPlugInFields),
	ints("AllowedEventIds", func(m *GetConfigResponse) *[]int32 { return &m.AllowedEventIDs }),
	list("Properties", "ConfigurationProperty", func(m *GetConfigResponse) *[]Property { return &m.Properties }, propertyFields),
}

var getConfigResponseFields = []field[GetConfigResponse]{self("GetConfigResult", configFields)}

// self is the wrapper of a result whose fields are those of the message.
func self[T any](name string, fields []field[T]) field[T] {
	return object(name, func(m *T) *T { return m }, fields)
}

// GetAuthorizationCookieRequest says who the client is.
type GetAuthorizationCookieRequest struct {
	// ClientID is the client's id, which it keeps.
	ClientID string
	// TargetGroupName is the group that the client asks to be in, or "".
	TargetGroupName string
	// DNSName is the client's full name.
	DNSName string
}

var getAuthorizationCookieFields = []field[GetAuthorizationCookieRequest]{
	text("clientId", func(m *GetAuthorizationCookieRequest) *string { return &m.ClientID }),
	text("targetGroupName", func(m *GetAuthorizationCookieRequest) *string { return &m.TargetGroupName }),
	text("dnsName", func(m *GetAuthorizationCookieRequest) *string { return &m.DNSName }),
}

// GetAuthorizationCookieResponse has the authorization cookie.
type GetAuthorizationCookieResponse struct{ Cookie AuthorizationCookie }

var getAuthorizationCookieResponseFields = []field[GetAuthorizationCookieResponse]{
	object("GetAuthorizationCookieResult", func(m *GetAuthorizationCookieResponse) *AuthorizationCookie { return &m.Cookie }, authorizationCookieFields),
}

// GetCookieRequest asks for a cookie.
type GetCookieRequest struct {
	// AuthCookies has exactly one cookie.
	AuthCookies []AuthorizationCookie
	// OldCookie is the one that is replaced, nil when there is none.
	OldCookie *Cookie
	// LastChange is that of [GetConfigResponse].
	LastChange      DateTime
	CurrentTime     DateTime
	ProtocolVersion string
}

var getCookieFields = []field[GetCookieRequest]{
	list("authCookies", "AuthorizationCookie", func(m *GetCookieRequest) *[]AuthorizationCookie { return &m.AuthCookies }, authorizationCookieFields),
	objectPtr("oldCookie", func(m *GetCookieRequest) **Cookie { return &m.OldCookie }, cookieFields),
	date("lastChange", func(m *GetCookieRequest) *DateTime { return &m.LastChange }),
	date("currentTime", func(m *GetCookieRequest) *DateTime { return &m.CurrentTime }),
	text("protocolVersion", func(m *GetCookieRequest) *string { return &m.ProtocolVersion }),
}

// GetCookieResponse has the cookie.
type GetCookieResponse struct{ Cookie Cookie }

var getCookieResponseFields = []field[GetCookieResponse]{
	object("GetCookieResult", func(m *GetCookieResponse) *Cookie { return &m.Cookie }, cookieFields),
}

// ComputerInfo is what a client tells about its machine. Servers take it as
// information only.
type ComputerInfo struct {
	DNSName                  string
	OSMajorVersion           int32
	OSMinorVersion           int32
	OSBuildNumber            int32
	OSServicePackMajorNumber int16
	OSServicePackMinorNumber int16
	// OSLocale is a language tag, such as "en-US".
	OSLocale             string
	ComputerManufacturer string
	ComputerModel        string
	BiosVersion          string
	BiosName             string
	BiosReleaseDate      DateTime
	// ProcessorArchitecture is "X86", "AMD64", "IA64", "ARM64".
	ProcessorArchitecture string
	// SuiteMask has 16 bits; the wire has it with a sign.
	SuiteMask int16
	// OldProductType is 1 for a workstation, 2 for a domain controller, 3 for
	// a server.
	OldProductType           uint8
	NewProductType           int32
	SystemMetrics            int32
	ClientVersionMajorNumber int16
	ClientVersionMinorNumber int16
	ClientVersionBuildNumber int16
	ClientVersionQfeNumber   int16
	OSDescription            string
	OEM                      string
	DeviceType               string
	FirmwareVersion          string
	MobileOperator           string
}

var computerInfoFields = []field[ComputerInfo]{
	text("DnsName", func(m *ComputerInfo) *string { return &m.DNSName }),
	number("OSMajorVersion", func(m *ComputerInfo) *int32 { return &m.OSMajorVersion }),
	number("OSMinorVersion", func(m *ComputerInfo) *int32 { return &m.OSMinorVersion }),
	number("OSBuildNumber", func(m *ComputerInfo) *int32 { return &m.OSBuildNumber }),
	short("OSServicePackMajorNumber", func(m *ComputerInfo) *int16 { return &m.OSServicePackMajorNumber }),
	short("OSServicePackMinorNumber", func(m *ComputerInfo) *int16 { return &m.OSServicePackMinorNumber }),
	text("OSLocale", func(m *ComputerInfo) *string { return &m.OSLocale }),
	text("ComputerManufacturer", func(m *ComputerInfo) *string { return &m.ComputerManufacturer }),
	text("ComputerModel", func(m *ComputerInfo) *string { return &m.ComputerModel }),
	text("BiosVersion", func(m *ComputerInfo) *string { return &m.BiosVersion }),
	text("BiosName", func(m *ComputerInfo) *string { return &m.BiosName }),
	date("BiosReleaseDate", func(m *ComputerInfo) *DateTime { return &m.BiosReleaseDate }),
	text("ProcessorArchitecture", func(m *ComputerInfo) *string { return &m.ProcessorArchitecture }),
	short("SuiteMask", func(m *ComputerInfo) *int16 { return &m.SuiteMask }),
	octet("OldProductType", func(m *ComputerInfo) *uint8 { return &m.OldProductType }),
	number("NewProductType", func(m *ComputerInfo) *int32 { return &m.NewProductType }),
	number("SystemMetrics", func(m *ComputerInfo) *int32 { return &m.SystemMetrics }),
	short("ClientVersionMajorNumber", func(m *ComputerInfo) *int16 { return &m.ClientVersionMajorNumber }),
	short("ClientVersionMinorNumber", func(m *ComputerInfo) *int16 { return &m.ClientVersionMinorNumber }),
	short("ClientVersionBuildNumber", func(m *ComputerInfo) *int16 { return &m.ClientVersionBuildNumber }),
	short("ClientVersionQfeNumber", func(m *ComputerInfo) *int16 { return &m.ClientVersionQfeNumber }),
	text("OSDescription", func(m *ComputerInfo) *string { return &m.OSDescription }),
	text("OEM", func(m *ComputerInfo) *string { return &m.OEM }),
	text("DeviceType", func(m *ComputerInfo) *string { return &m.DeviceType }),
	text("FirmwareVersion", func(m *ComputerInfo) *string { return &m.FirmwareVersion }),
	text("MobileOperator", func(m *ComputerInfo) *string { return &m.MobileOperator }),
}

// RegisterComputerRequest tells the server about the machine.
type RegisterComputerRequest struct {
	Cookie       *Cookie
	ComputerInfo ComputerInfo
}

var registerComputerFields = []field[RegisterComputerRequest]{
	objectPtr("cookie", func(m *RegisterComputerRequest) **Cookie { return &m.Cookie }, cookieFields),
	object("computerInfo", func(m *RegisterComputerRequest) *ComputerInfo { return &m.ComputerInfo }, computerInfoFields),
}

// RegisterComputerResponse is empty.
type RegisterComputerResponse struct{}

// CategoryRelationship is a category that a scan is limited to. Categories
// of one group are meant together.
type CategoryRelationship struct {
	IndexOfAndGroup int32
	CategoryID      compliance.UpdateID
}

var categoryRelationshipFields = []field[CategoryRelationship]{
	number("IndexOfAndGroup", func(m *CategoryRelationship) *int32 { return &m.IndexOfAndGroup }),
	guid("CategoryId", func(m *CategoryRelationship) *compliance.UpdateID { return &m.CategoryID }),
}

// StartCategoryScanRequest asks which categories a limited scan should name.
// It carries no cookie.
type StartCategoryScanRequest struct {
	RequestedCategories []CategoryRelationship
}

var startCategoryScanFields = []field[StartCategoryScanRequest]{
	list("requestedCategories", "CategoryRelationship", func(m *StartCategoryScanRequest) *[]CategoryRelationship { return &m.RequestedCategories }, categoryRelationshipFields),
}

// StartCategoryScanResponse says which.
type StartCategoryScanResponse struct {
	PreferredCategoryIDs        []compliance.UpdateID
	RequestedCategoryIDsInError []compliance.UpdateID
}

var startCategoryScanResponseFields = []field[StartCategoryScanResponse]{
	guids("preferredCategoryIds", func(m *StartCategoryScanResponse) *[]compliance.UpdateID { return &m.PreferredCategoryIDs }),
	guids("requestedCategoryIdsInError", func(m *StartCategoryScanResponse) *[]compliance.UpdateID { return &m.RequestedCategoryIDsInError }),
}
