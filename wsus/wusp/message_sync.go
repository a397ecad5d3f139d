package wusp

import "github.com/updatescan/updatescan/compliance"

// InstalledDriver is the driver of a device.
type InstalledDriver struct {
	MatchingID    string
	DriverVerDate DateTime
	// DriverVerVersion is a version of four parts packed in 64 bits.
	DriverVerVersion     int64
	Class                string
	Manufacturer         string
	Provider             string
	Model                string
	MatchingComputerHWID compliance.UpdateID
	DriverRank           int32
}

var installedDriverFields = []field[InstalledDriver]{
	text("MatchingID", func(m *InstalledDriver) *string { return &m.MatchingID }),
	date("DriverVerDate", func(m *InstalledDriver) *DateTime { return &m.DriverVerDate }),
	long("DriverVerVersion", func(m *InstalledDriver) *int64 { return &m.DriverVerVersion }),
	text("Class", func(m *InstalledDriver) *string { return &m.Class }),
	text("Manufacturer", func(m *InstalledDriver) *string { return &m.Manufacturer }),
	text("Provider", func(m *InstalledDriver) *string { return &m.Provider }),
	text("Model", func(m *InstalledDriver) *string { return &m.Model }),
	guidIf("MatchingComputerHWID", func(m *InstalledDriver) *compliance.UpdateID { return &m.MatchingComputerHWID }),
	number("DriverRank", func(m *InstalledDriver) *int32 { return &m.DriverRank }),
}

// ExtensionDriver is an extension of a device's driver.
type ExtensionDriver struct {
	ExtensionID          string
	DriverVerDate        DateTime
	DriverVerVersion     int64
	Class                string
	DriverRank           int32
	MatchingComputerHWID compliance.UpdateID
}

var extensionDriverFields = []field[ExtensionDriver]{
	textAlways("ExtensionId", func(m *ExtensionDriver) *string { return &m.ExtensionID }),
	date("DriverVerDate", func(m *ExtensionDriver) *DateTime { return &m.DriverVerDate }),
	long("DriverVerVersion", func(m *ExtensionDriver) *int64 { return &m.DriverVerVersion }),
	textAlways("Class", func(m *ExtensionDriver) *string { return &m.Class }),
	number("DriverRank", func(m *ExtensionDriver) *int32 { return &m.DriverRank }),
	guidIf("MatchingComputerHWID", func(m *ExtensionDriver) *compliance.UpdateID { return &m.MatchingComputerHWID }),
}

// Device is a device of the machine, for the driver pass.
type Device struct {
	HardwareIDs       []string
	CompatibleIDs     []string
	InstalledDriver   *InstalledDriver
	ExtensionDrivers  []ExtensionDriver
	DriverRecoveryIDs []string
	// DeviceFlags has bit 0 set for a device that Plug and Play did not find.
	DeviceFlags uint8
}

var deviceFields = []field[Device]{
	texts("HardwareIDs", "string", func(m *Device) *[]string { return &m.HardwareIDs }),
	texts("CompatibleIDs", "string", func(m *Device) *[]string { return &m.CompatibleIDs }),
	objectPtr("installedDriver", func(m *Device) **InstalledDriver { return &m.InstalledDriver }, installedDriverFields),
	list("extensionDriver", "extensionDriver", func(m *Device) *[]ExtensionDriver { return &m.ExtensionDrivers }, extensionDriverFields),
	texts("DriverRecoveryIDs", "DriverRecoveryID", func(m *Device) *[]string { return &m.DriverRecoveryIDs }),
	octetIf("DeviceFlags", func(m *Device) *uint8 { return &m.DeviceFlags }),
}

// ComputerSpec has the hardware ids of the computer.
type ComputerSpec struct{ HardwareIDs []compliance.UpdateID }

var computerSpecFields = []field[ComputerSpec]{
	guids("HardwareIDs", func(m *ComputerSpec) *[]compliance.UpdateID { return &m.HardwareIDs }),
}

// CategoryIdentifier is an entry of the category filter.
type CategoryIdentifier struct{ ID compliance.UpdateID }

var categoryIdentifierFields = []field[CategoryIdentifier]{
	guid("Id", func(m *CategoryIdentifier) *compliance.UpdateID { return &m.ID }),
}

// ProductsParameters is what agents of Windows 11 send and no WSDL lists. Its
// element Products is not kept: nobody has seen one that is not empty.
type ProductsParameters struct {
	SyncCurrentVersionOnly bool
	// DeviceAttributes and CallerAttributes are lists "name=value;".
	DeviceAttributes string
	CallerAttributes string
}

var productsParametersFields = []field[ProductsParameters]{
	flag("SyncCurrentVersionOnly", func(m *ProductsParameters) *bool { return &m.SyncCurrentVersionOnly }),
	text("DeviceAttributes", func(m *ProductsParameters) *string { return &m.DeviceAttributes }),
	text("CallerAttributes", func(m *ProductsParameters) *string { return &m.CallerAttributes }),
}

// SyncUpdatesRequest asks for what the client does not have.
type SyncUpdatesRequest struct {
	Cookie *Cookie
	// ExpressQuery is false, and ignored.
	ExpressQuery bool
	// InstalledNonLeafUpdateIDs are the revisions in the cache that are not
	// leaves and installed, at most 400 at a real server.
	InstalledNonLeafUpdateIDs []int32
	// OtherCachedUpdateIDs are all others in the cache, but for drivers.
	OtherCachedUpdateIDs []int32
	// SystemSpec and CachedDriverIDs belong to the driver pass.
	SystemSpec      []Device
	CachedDriverIDs []int32
	// SkipSoftwareSync is true in the driver pass.
	SkipSoftwareSync bool
	// FilterCategoryIDs limit the scan; client 1.7 and server 3.2 or later.
	FilterCategoryIDs             []CategoryIdentifier
	NeedTwoGroupOutOfScopeUpdates bool
	// AlsoPerformRegularSync is in no WSDL; nil leaves it out.
	AlsoPerformRegularSync  *bool
	ComputerSpec            *ComputerSpec
	FeatureScoreMatchingKey string
	// ProductsParameters is in no WSDL; nil leaves it out.
	ProductsParameters *ProductsParameters
}

var syncParametersFields = []field[SyncUpdatesRequest]{
	flag("ExpressQuery", func(m *SyncUpdatesRequest) *bool { return &m.ExpressQuery }),
	ints("InstalledNonLeafUpdateIDs", func(m *SyncUpdatesRequest) *[]int32 { return &m.InstalledNonLeafUpdateIDs }),
	ints("OtherCachedUpdateIDs", func(m *SyncUpdatesRequest) *[]int32 { return &m.OtherCachedUpdateIDs }),
	list("SystemSpec", "Device", func(m *SyncUpdatesRequest) *[]Device { return &m.SystemSpec }, deviceFields),
	ints("CachedDriverIDs", func(m *SyncUpdatesRequest) *[]int32 { return &m.CachedDriverIDs }),
	flag("SkipSoftwareSync", func(m *SyncUpdatesRequest) *bool { return &m.SkipSoftwareSync }),
	list("FilterCategoryIds", "CategoryIdentifier", func(m *SyncUpdatesRequest) *[]CategoryIdentifier { return &m.FilterCategoryIDs }, categoryIdentifierFields),
	flagIf("NeedTwoGroupOutOfScopeUpdates", func(m *SyncUpdatesRequest) *bool { return &m.NeedTwoGroupOutOfScopeUpdates }),
	flagPtr("AlsoPerformRegularSync", func(m *SyncUpdatesRequest) **bool { return &m.AlsoPerformRegularSync }),
	objectPtr("ComputerSpec", func(m *SyncUpdatesRequest) **ComputerSpec { return &m.ComputerSpec }, computerSpecFields),
	text("FeatureScoreMatchingKey", func(m *SyncUpdatesRequest) *string { return &m.FeatureScoreMatchingKey }),
	objectPtr("ProductsParameters", func(m *SyncUpdatesRequest) **ProductsParameters { return &m.ProductsParameters }, productsParametersFields),
}

var syncUpdatesFields = []field[SyncUpdatesRequest]{
	objectPtr("cookie", func(m *SyncUpdatesRequest) **Cookie { return &m.Cookie }, cookieFields),
	self("parameters", syncParametersFields),
}

// UpdateInfo is a revision that is new to the client, or has changed.
type UpdateInfo struct {
	// ID is the revision's number at this server, and means nothing
	// elsewhere.
	ID         int32
	Deployment *Deployment
	// IsLeaf says that no update names this one as a prerequisite.
	IsLeaf bool
	// XML is the Core fragment, absent in ChangedUpdates.
	XML []byte
}

var updateInfoFields = []field[UpdateInfo]{
	number("ID", func(m *UpdateInfo) *int32 { return &m.ID }),
	objectPtr("Deployment", func(m *UpdateInfo) **Deployment { return &m.Deployment }, deploymentFields),
	flag("IsLeaf", func(m *UpdateInfo) *bool { return &m.IsLeaf }),
	fragment("Xml", func(m *UpdateInfo) *[]byte { return &m.XML }),
}

// SyncUpdatesResponse is the difference between the client's cache and what
// it should hold.
type SyncUpdatesResponse struct {
	NewUpdates []UpdateInfo
	// OutOfScopeRevisionIDs are to be removed from the cache.
	OutOfScopeRevisionIDs []int32
	// ChangedUpdates have a new Deployment or IsLeaf.
	ChangedUpdates []UpdateInfo
	// Truncated says that there are more NewUpdates.
	Truncated bool
	// NewCookie replaces the client's, unless it is nil.
	NewCookie                     *Cookie
	DeployedOutOfScopeRevisionIDs []int32
	// DriverSyncNotNeeded is "true" when the driver pass can be left out.
	DriverSyncNotNeeded string
}

var syncInfoFields = []field[SyncUpdatesResponse]{
	list("NewUpdates", "UpdateInfo", func(m *SyncUpdatesResponse) *[]UpdateInfo { return &m.NewUpdates }, updateInfoFields),
	ints("OutOfScopeRevisionIDs", func(m *SyncUpdatesResponse) *[]int32 { return &m.OutOfScopeRevisionIDs }),
	list("ChangedUpdates", "UpdateInfo", func(m *SyncUpdatesResponse) *[]UpdateInfo { return &m.ChangedUpdates }, updateInfoFields),
	flag("Truncated", func(m *SyncUpdatesResponse) *bool { return &m.Truncated }),
	objectPtr("NewCookie", func(m *SyncUpdatesResponse) **Cookie { return &m.NewCookie }, cookieFields),
	ints("DeployedOutOfScopeRevisionIds", func(m *SyncUpdatesResponse) *[]int32 { return &m.DeployedOutOfScopeRevisionIDs }),
	text("DriverSyncNotNeeded", func(m *SyncUpdatesResponse) *string { return &m.DriverSyncNotNeeded }),
}

var syncUpdatesResponseFields = []field[SyncUpdatesResponse]{self("SyncUpdatesResult", syncInfoFields)}

// RefreshCacheRequest asks for the revision numbers of what is in the cache,
// after the server or its numbers have changed.
type RefreshCacheRequest struct {
	Cookie    *Cookie
	GlobalIDs []UpdateIdentity
}

var refreshCacheFields = []field[RefreshCacheRequest]{
	objectPtr("cookie", func(m *RefreshCacheRequest) **Cookie { return &m.Cookie }, cookieFields),
	list("globalIDs", "UpdateIdentity", func(m *RefreshCacheRequest) *[]UpdateIdentity { return &m.GlobalIDs }, identityFields),
}

// RefreshedUpdate is a revision that is still deployed to the client.
type RefreshedUpdate struct {
	RevisionID int32
	GlobalID   UpdateIdentity
	IsLeaf     bool
	Deployment *Deployment
}

var refreshedUpdateFields = []field[RefreshedUpdate]{
	number("RevisionID", func(m *RefreshedUpdate) *int32 { return &m.RevisionID }),
	object("GlobalID", func(m *RefreshedUpdate) *UpdateIdentity { return &m.GlobalID }, identityFields),
	flag("IsLeaf", func(m *RefreshedUpdate) *bool { return &m.IsLeaf }),
	objectPtr("Deployment", func(m *RefreshedUpdate) **Deployment { return &m.Deployment }, deploymentFields),
}

// RefreshCacheResponse lists them; what is not listed is to be removed.
type RefreshCacheResponse struct{ Updates []RefreshedUpdate }

var refreshCacheResponseFields = []field[RefreshCacheResponse]{
	list("RefreshCacheResult", "RefreshCacheResult", func(m *RefreshCacheResponse) *[]RefreshedUpdate { return &m.Updates }, refreshedUpdateFields),
}
