package wusp

// Kinds of fragments that GetExtendedUpdateInfo is asked for.
const (
	FragmentPublished           = "Published"
	FragmentCore                = "Core"
	FragmentExtended            = "Extended"
	FragmentVerificationRule    = "VerificationRule"
	FragmentLocalizedProperties = "LocalizedProperties"
	FragmentEula                = "Eula"
	FragmentFileURL             = "FileUrl"
	FragmentFileDecryption      = "FileDecryption"
)

// GetExtendedUpdateInfoRequest asks for more about revisions.
type GetExtendedUpdateInfoRequest struct {
	Cookie *Cookie
	// RevisionIDs are no more than the configuration's
	// [PropertyMaxExtended].
	RevisionIDs []int32
	// InfoTypes are kinds of fragments.
	InfoTypes []string
	// Locales are language tags, needed for localized fragments.
	Locales []string
	// DeviceAttributes is in no WSDL; agents of Windows 11 send it.
	DeviceAttributes string
	GeoID            string
	CallerAttributes string
}

var getExtendedFields = []field[GetExtendedUpdateInfoRequest]{
	objectPtr("cookie", func(m *GetExtendedUpdateInfoRequest) **Cookie { return &m.Cookie }, cookieFields),
	ints("revisionIDs", func(m *GetExtendedUpdateInfoRequest) *[]int32 { return &m.RevisionIDs }),
	texts("infoTypes", "XmlUpdateFragmentType", func(m *GetExtendedUpdateInfoRequest) *[]string { return &m.InfoTypes }),
	texts("locales", "string", func(m *GetExtendedUpdateInfoRequest) *[]string { return &m.Locales }),
	text("deviceAttributes", func(m *GetExtendedUpdateInfoRequest) *string { return &m.DeviceAttributes }),
	text("GeoId", func(m *GetExtendedUpdateInfoRequest) *string { return &m.GeoID }),
	text("callerAttributes", func(m *GetExtendedUpdateInfoRequest) *string { return &m.CallerAttributes }),
}

// UpdateData is one fragment. The same ID stands at each fragment of a
// revision; of what kind a fragment is, only its root element says.
type UpdateData struct {
	ID  int32
	XML []byte
}

var updateDataFields = []field[UpdateData]{
	number("ID", func(m *UpdateData) *int32 { return &m.ID }),
	fragment("Xml", func(m *UpdateData) *[]byte { return &m.XML }),
}

// GetExtendedUpdateInfoResponse has the fragments and where files are.
type GetExtendedUpdateInfoResponse struct {
	Updates               []UpdateData
	FileLocations         []FileLocation
	OutOfScopeRevisionIDs []int32
}

var extendedUpdateInfoFields = []field[GetExtendedUpdateInfoResponse]{
	list("Updates", "Update", func(m *GetExtendedUpdateInfoResponse) *[]UpdateData { return &m.Updates }, updateDataFields),
	list("FileLocations", "FileLocation", func(m *GetExtendedUpdateInfoResponse) *[]FileLocation { return &m.FileLocations }, fileLocationFields),
	ints("OutOfScopeRevisionIDs", func(m *GetExtendedUpdateInfoResponse) *[]int32 { return &m.OutOfScopeRevisionIDs }),
}

var getExtendedResponseFields = []field[GetExtendedUpdateInfoResponse]{self("GetExtendedUpdateInfoResult", extendedUpdateInfoFields)}

// GetExtendedUpdateInfo2Request asks by global ids.
type GetExtendedUpdateInfo2Request struct {
	Cookie           *Cookie
	UpdateIDs        []UpdateIdentity
	InfoTypes        []string
	Locales          []string
	CallerAttributes string
}

var getExtended2Fields = []field[GetExtendedUpdateInfo2Request]{
	objectPtr("cookie", func(m *GetExtendedUpdateInfo2Request) **Cookie { return &m.Cookie }, cookieFields),
	list("updateIDs", "UpdateIdentity", func(m *GetExtendedUpdateInfo2Request) *[]UpdateIdentity { return &m.UpdateIDs }, identityFields),
	texts("infoTypes", "XmlUpdateFragmentType", func(m *GetExtendedUpdateInfo2Request) *[]string { return &m.InfoTypes }),
	texts("locales", "string", func(m *GetExtendedUpdateInfo2Request) *[]string { return &m.Locales }),
	text("callerAttributes", func(m *GetExtendedUpdateInfo2Request) *string { return &m.CallerAttributes }),
}

// FileDecryption is how a file is decrypted.
type FileDecryption struct {
	FileDigest    []byte
	DecryptionKey []byte
	SecurityData  [][]byte
}

var fileDecryptionFields = []field[FileDecryption]{
	octets("FileDigest", func(m *FileDecryption) *[]byte { return &m.FileDigest }),
	octets("DecryptionKey", func(m *FileDecryption) *[]byte { return &m.DecryptionKey }),
	binaries("SecurityData", func(m *FileDecryption) *[][]byte { return &m.SecurityData }),
}

// UpdateEncryptionDetail says whether an update has encrypted files.
type UpdateEncryptionDetail struct {
	UpdateIdentity    UpdateIdentity
	HasEncryptedFiles bool
}

var updateEncryptionFields = []field[UpdateEncryptionDetail]{
	object("UpdateIdentity", func(m *UpdateEncryptionDetail) *UpdateIdentity { return &m.UpdateIdentity }, identityFields),
	flag("HasEncryptedFiles", func(m *UpdateEncryptionDetail) *bool { return &m.HasEncryptedFiles }),
}

// GetExtendedUpdateInfo2Response has the fragments.
type GetExtendedUpdateInfo2Response struct {
	Updates                 []UpdateData
	FileLocations           []FileLocation
	FileDecryptionData      []FileDecryption
	FileDecryptionData2     []FileDecryption
	UpdateEncryptionDetails []UpdateEncryptionDetail
}

var extendedUpdateInfo2Fields = []field[GetExtendedUpdateInfo2Response]{
	list("Updates", "Update", func(m *GetExtendedUpdateInfo2Response) *[]UpdateData { return &m.Updates }, updateDataFields),
	list("FileLocations", "FileLocation", func(m *GetExtendedUpdateInfo2Response) *[]FileLocation { return &m.FileLocations }, fileLocationFields),
	list("FileDecryptionData", "FileDecryption", func(m *GetExtendedUpdateInfo2Response) *[]FileDecryption { return &m.FileDecryptionData }, fileDecryptionFields),
	list("FileDecryptionData2", "FileDecryption2", func(m *GetExtendedUpdateInfo2Response) *[]FileDecryption { return &m.FileDecryptionData2 }, fileDecryptionFields),
	list("UpdateEncryptionDetails", "UpdateEncryptionDetail", func(m *GetExtendedUpdateInfo2Response) *[]UpdateEncryptionDetail { return &m.UpdateEncryptionDetails }, updateEncryptionFields),
}

var getExtended2ResponseFields = []field[GetExtendedUpdateInfo2Response]{self("GetExtendedUpdateInfo2Result", extendedUpdateInfo2Fields)}

// GetFileLocationsRequest asks where files are, by their SHA-1.
type GetFileLocationsRequest struct {
	Cookie *Cookie
	// FileDigests are of 20 bytes each.
	FileDigests [][]byte
}

var getFileLocationsFields = []field[GetFileLocationsRequest]{
	objectPtr("cookie", func(m *GetFileLocationsRequest) **Cookie { return &m.Cookie }, cookieFields),
	binaries("fileDigests", func(m *GetFileLocationsRequest) *[][]byte { return &m.FileDigests }),
}

// GetFileLocationsResponse says where.
type GetFileLocationsResponse struct {
	FileLocations []FileLocation
	NewCookie     *Cookie
}

var fileLocationsResultFields = []field[GetFileLocationsResponse]{
	list("FileLocations", "FileLocation", func(m *GetFileLocationsResponse) *[]FileLocation { return &m.FileLocations }, fileLocationFields),
	objectPtr("NewCookie", func(m *GetFileLocationsResponse) **Cookie { return &m.NewCookie }, cookieFields),
}

var getFileLocationsResponseFields = []field[GetFileLocationsResponse]{self("GetFileLocationsResult", fileLocationsResultFields)}
