package wusp

import (
	"strings"
	"time"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/wsus"
)

// DateTime is a point in time as it stands on the wire, kept as written
// because servers compare what they sent with what they get back.
type DateTime string

// noDateTime is written where a time must stand and there is none.
const noDateTime DateTime = "0001-01-01T00:00:00"

// dateTimeLayout is what [NewDateTime] writes.
const dateTimeLayout = "2006-01-02T15:04:05.9999999Z"

// NewDateTime returns a time in UTC with up to seven digits of fraction.
func NewDateTime(t time.Time) DateTime {
	return DateTime(t.UTC().Truncate(100 * time.Nanosecond).Format(dateTimeLayout))
}

// Time returns the time in UTC, and whether there is one: a date with or
// without a time, with any fraction, with a zone or without, which is read as
// UTC.
func (d DateTime) Time() (time.Time, bool) {
	for _, layout := range [...]string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02", "2006-01-02Z07:00"} {
		if t, err := time.Parse(layout, string(d)); err == nil {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}

// actionNames are the deployment actions as the wire spells them.
var actionNames = [...]struct {
	action wsus.Action
	name   string
}{
	{wsus.ActionEvaluate, "Evaluate"},
	{wsus.ActionPreDeploymentCheck, "PreDeploymentCheck"},
	{wsus.ActionInstall, "Install"},
	{wsus.ActionOptionalInstall, "OptionalInstall"},
	{wsus.ActionUninstall, "Uninstall"},
	{wsus.ActionBundle, "Bundle"},
	{wsus.ActionBlock, "Block"},
}

// ActionName returns an action as the wire spells it; for ActionNone, which
// the wire does not know, and for what is no action, it is "Evaluate".
func ActionName(a wsus.Action) string {
	for _, n := range actionNames {
		if n.action == a {
			return n.name
		}
	}
	return actionNames[0].name
}

// ParseActionName reads an action as the wire spells it, in any case of
// letters.
func ParseActionName(name string) (wsus.Action, bool) {
	for _, n := range actionNames {
		if n.name == name {
			return n.action, true
		}
	}
	for _, n := range actionNames {
		if strings.EqualFold(n.name, name) {
			return n.action, true
		}
	}
	return 0, false
}

// Cookie is what a server gives a client to show at each call.
type Cookie struct {
	// Expiration is a hint; whether a cookie is still good, the server says.
	Expiration DateTime
	// EncryptedData is opaque.
	EncryptedData []byte
}

var cookieFields = []field[Cookie]{
	date("Expiration", func(m *Cookie) *DateTime { return &m.Expiration }),
	octets("EncryptedData", func(m *Cookie) *[]byte { return &m.EncryptedData }),
}

// AuthorizationCookie is what the authorization service gives a client to
// show when it asks for a [Cookie].
type AuthorizationCookie struct {
	PlugInID   string
	CookieData []byte
}

var authorizationCookieFields = []field[AuthorizationCookie]{
	text("PlugInId", func(m *AuthorizationCookie) *string { return &m.PlugInID }),
	octets("CookieData", func(m *AuthorizationCookie) *[]byte { return &m.CookieData }),
}

// UpdateIdentity names a revision of an update everywhere.
type UpdateIdentity struct {
	UpdateID       compliance.UpdateID
	RevisionNumber int32
}

var identityFields = []field[UpdateIdentity]{
	guid("UpdateID", func(m *UpdateIdentity) *compliance.UpdateID { return &m.UpdateID }),
	number("RevisionNumber", func(m *UpdateIdentity) *int32 { return &m.RevisionNumber }),
}

// ClientMetadata is what a deployment tells of the client's behaviour; it is
// read for completeness. Signatures are not kept.
type ClientMetadata struct {
	MetadataType string
	Metadata     string
}

var clientMetadataFields = []field[ClientMetadata]{
	textAlways("MetadataType", func(m *ClientMetadata) *string { return &m.MetadataType }),
	textAlways("Metadata", func(m *ClientMetadata) *string { return &m.Metadata }),
}

// Deployment is what the server says is to be done with a revision.
type Deployment struct {
	ID     int32
	Action wsus.Action
	// Deadline is empty when there is none.
	Deadline DateTime
	// IsAssigned says that it is installed without asking.
	IsAssigned bool
	// LastChangeTime is a date at real servers.
	LastChangeTime   DateTime
	DownloadPriority string
	HardwareIDs      []string
	// AutoSelect, AutoDownload and SupersedenceBehavior are "0" at real
	// servers. A native agent refuses a deployment without them.
	AutoSelect           string
	AutoDownload         string
	SupersedenceBehavior string
	FlagBitmask          string
	ClientBehaviors      []ClientMetadata
}

var deploymentFields = []field[Deployment]{
	number("ID", func(m *Deployment) *int32 { return &m.ID }),
	action("Action", func(m *Deployment) *wsus.Action { return &m.Action }),
	dateIf("Deadline", func(m *Deployment) *DateTime { return &m.Deadline }),
	flag("IsAssigned", func(m *Deployment) *bool { return &m.IsAssigned }),
	date("LastChangeTime", func(m *Deployment) *DateTime { return &m.LastChangeTime }),
	text("DownloadPriority", func(m *Deployment) *string { return &m.DownloadPriority }),
	texts("HardwareIds", "string", func(m *Deployment) *[]string { return &m.HardwareIDs }),
	text("AutoSelect", func(m *Deployment) *string { return &m.AutoSelect }),
	text("AutoDownload", func(m *Deployment) *string { return &m.AutoDownload }),
	text("SupersedenceBehavior", func(m *Deployment) *string { return &m.SupersedenceBehavior }),
	text("FlagBitmask", func(m *Deployment) *string { return &m.FlagBitmask }),
	list("ClientBehaviors", "ClientMetadata", func(m *Deployment) *[]ClientMetadata { return &m.ClientBehaviors }, clientMetadataFields),
}

// FileLocation is where a file can be had.
type FileLocation struct {
	// FileDigest is the SHA-1 of the file.
	FileDigest                   []byte
	URL                          string
	PiecesHashURL                string
	BlockMapURL                  string
	DecryptionInformation        string
	FileDigestAlgorithm          string
	EncryptedFileDigest          []byte
	EncryptedFileDigestAlgorithm string
}

var fileLocationFields = []field[FileLocation]{
	octets("FileDigest", func(m *FileLocation) *[]byte { return &m.FileDigest }),
	text("Url", func(m *FileLocation) *string { return &m.URL }),
	text("PiecesHashUrl", func(m *FileLocation) *string { return &m.PiecesHashURL }),
	text("BlockMapUrl", func(m *FileLocation) *string { return &m.BlockMapURL }),
	text("DecryptionInformation", func(m *FileLocation) *string { return &m.DecryptionInformation }),
	text("FileDigestAlgorithm", func(m *FileLocation) *string { return &m.FileDigestAlgorithm }),
	octets("EncryptedFileDigest", func(m *FileLocation) *[]byte { return &m.EncryptedFileDigest }),
	text("EncryptedFileDigestAlgorithm", func(m *FileLocation) *string { return &m.EncryptedFileDigestAlgorithm }),
}
