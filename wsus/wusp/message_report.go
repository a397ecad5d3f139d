package wusp

import "github.com/updatescan/updatescan/compliance"

// Numbers of events that a scan reports.
const (
	// EventDetected says that a scan has finished; its replacement string is
	// the number of updates found.
	EventDetected int16 = 147
	// EventDetectionFailed says that it failed; its replacement string and
	// Win32HResult are the code.
	EventDetectionFailed int16 = 148
	// EventStatus is the compliance report.
	EventStatus int16 = 156
)

// SourceAgent is the SourceID of the update agent.
const SourceAgent int16 = 101

// BasicData is what every event has.
type BasicData struct {
	// Sid is the client's id.
	Sid             string
	SequenceNumber  int32
	TimeAtTarget    DateTime
	EventInstanceID compliance.UpdateID
	NamespaceID     int32
	EventID         int16
	SourceID        int16
	UpdateID        UpdateIdentity
	Win32HResult    int32
	AppName         string
}

var targetIDFields = []field[BasicData]{
	text("Sid", func(m *BasicData) *string { return &m.Sid }),
}

var basicDataFields = []field[BasicData]{
	self("TargetID", targetIDFields),
	number("SequenceNumber", func(m *BasicData) *int32 { return &m.SequenceNumber }),
	date("TimeAtTarget", func(m *BasicData) *DateTime { return &m.TimeAtTarget }),
	guid("EventInstanceID", func(m *BasicData) *compliance.UpdateID { return &m.EventInstanceID }),
	number("NamespaceID", func(m *BasicData) *int32 { return &m.NamespaceID }),
	short("EventID", func(m *BasicData) *int16 { return &m.EventID }),
	short("SourceID", func(m *BasicData) *int16 { return &m.SourceID }),
	object("UpdateID", func(m *BasicData) *UpdateIdentity { return &m.UpdateID }, identityFields),
	number("Win32HResult", func(m *BasicData) *int32 { return &m.Win32HResult }),
	text("AppName", func(m *BasicData) *string { return &m.AppName }),
}

// OSVersion is the version of Windows in an event.
type OSVersion struct {
	Major, Minor, Build, Revision, ServicePackMajor, ServicePackMinor int32
}

var osVersionFields = []field[OSVersion]{
	number("Major", func(m *OSVersion) *int32 { return &m.Major }),
	number("Minor", func(m *OSVersion) *int32 { return &m.Minor }),
	number("Build", func(m *OSVersion) *int32 { return &m.Build }),
	number("Revision", func(m *OSVersion) *int32 { return &m.Revision }),
	number("ServicePackMajor", func(m *OSVersion) *int32 { return &m.ServicePackMajor }),
	number("ServicePackMinor", func(m *OSVersion) *int32 { return &m.ServicePackMinor }),
}

// ExtendedData is what an event says about itself and the machine.
type ExtendedData struct {
	ReplacementStrings []string
	// MiscData are texts "tag=value".
	MiscData      []string
	ComputerBrand string
	ComputerModel string
	BiosRevision  string
	// ProcessorArchitecture is "Unknown", which "" stands for,
	// "X86Compatible", "IA64Compatible" or "Amd64Compatible".
	ProcessorArchitecture string
	OSVersion             OSVersion
	OSLocaleID            int32
	DeviceID              string
}

var extendedDataFields = []field[ExtendedData]{
	texts("ReplacementStrings", "string", func(m *ExtendedData) *[]string { return &m.ReplacementStrings }),
	texts("MiscData", "string", func(m *ExtendedData) *[]string { return &m.MiscData }),
	text("ComputerBrand", func(m *ExtendedData) *string { return &m.ComputerBrand }),
	text("ComputerModel", func(m *ExtendedData) *string { return &m.ComputerModel }),
	text("BiosRevision", func(m *ExtendedData) *string { return &m.BiosRevision }),
	{
		name: "ProcessorArchitecture",
		read: readText(func(m *ExtendedData) *string { return &m.ProcessorArchitecture }),
		write: func(w *writer, m *ExtendedData) {
			if m.ProcessorArchitecture == "" {
				w.text("ProcessorArchitecture", "Unknown")
				return
			}
			w.text("ProcessorArchitecture", m.ProcessorArchitecture)
		},
	},
	object("OSVersion", func(m *ExtendedData) *OSVersion { return &m.OSVersion }, osVersionFields),
	number("OSLocaleID", func(m *ExtendedData) *int32 { return &m.OSLocaleID }),
	text("DeviceID", func(m *ExtendedData) *string { return &m.DeviceID }),
}

// PrivateData is present and empty.
type PrivateData struct {
	ComputerDNSName string
	UserAccountName string
}

var privateDataFields = []field[PrivateData]{
	text("ComputerDnsName", func(m *PrivateData) *string { return &m.ComputerDNSName }),
	text("UserAccountName", func(m *PrivateData) *string { return &m.UserAccountName }),
}

// ReportingEvent is one event.
type ReportingEvent struct {
	BasicData    BasicData
	ExtendedData ExtendedData
	PrivateData  PrivateData
}

var reportingEventFields = []field[ReportingEvent]{
	object("BasicData", func(m *ReportingEvent) *BasicData { return &m.BasicData }, basicDataFields),
	object("ExtendedData", func(m *ReportingEvent) *ExtendedData { return &m.ExtendedData }, extendedDataFields),
	object("PrivateData", func(m *ReportingEvent) *PrivateData { return &m.PrivateData }, privateDataFields),
}

// ReportEventBatchRequest reports events.
type ReportEventBatchRequest struct {
	Cookie     *Cookie
	ClientTime DateTime
	Events     []ReportingEvent
}

var reportEventBatchFields = []field[ReportEventBatchRequest]{
	objectPtr("cookie", func(m *ReportEventBatchRequest) **Cookie { return &m.Cookie }, cookieFields),
	date("clientTime", func(m *ReportEventBatchRequest) *DateTime { return &m.ClientTime }),
	list("eventBatch", "ReportingEvent", func(m *ReportEventBatchRequest) *[]ReportingEvent { return &m.Events }, reportingEventFields),
}

// ReportEventBatchResponse says whether they were taken.
type ReportEventBatchResponse struct{ Accepted bool }

var reportEventBatchResponseFields = []field[ReportEventBatchResponse]{
	flag("ReportEventBatchResult", func(m *ReportEventBatchResponse) *bool { return &m.Accepted }),
}
