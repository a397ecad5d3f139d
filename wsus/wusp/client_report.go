package wusp

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/applicability"
	"github.com/updatescan/updatescan/wsus/netcode"
)

// Report is what a scan tells WSUS.
type Report struct {
	// At is when the scan ended.
	At time.Time
	// Failed is the code of a scan that failed, zero of one that did not.
	Failed wsus.Code
	// Catalog and Snapshot are what was scanned and what was found.
	Catalog  *wsus.Catalog
	Snapshot *compliance.Snapshot
}

// Report sends the events of a scan to the location's server: 147 and 156
// after one that has finished, 148 after one that failed. It needs the
// handshake only; nothing else of the client changes. A server that does not
// take them is an error.
func (c *Client) Report(ctx context.Context, req wsus.RetrieveRequest, r Report) error {
	if err := req.Check(); err != nil { // WF-4
		return err
	}
	at, err := req.Location.Endpoint()
	if err != nil {
		return err
	}
	events, err := c.events(r)
	if err != nil {
		return err
	}
	s, release, err := c.session(ctx, at)
	if err != nil {
		return netcode.Error("report", err)
	}
	defer release()
	answer, err := s.call(ctx, func() (Message, error) {
		return &ReportEventBatchRequest{
			Cookie: s.server.cookie, ClientTime: NewDateTime(c.cfg.Clock.Now()), Events: events,
		}, nil
	})
	if err != nil {
		return netcode.Error("report", err)
	}
	if !answer.(*ReportEventBatchResponse).Accepted { //nolint:errcheck,forcetypeassert // of the operation
		return &wsus.Error{Op: "report", Code: wsus.CodeSOAPServer, Err: fmt.Errorf("wusp: %d events not taken", len(events))}
	}
	return nil
}

// events are those of a report.
func (c *Client) events(r Report) ([]ReportingEvent, error) {
	if r.Failed != 0 {
		e, err := c.event(r, EventDetectionFailed)
		e.BasicData.Win32HResult = r.Failed.Int32()
		e.ExtendedData.ReplacementStrings = []string{fmt.Sprintf("0x%08x", uint32(r.Failed))}
		return []ReportingEvent{e}, err
	}
	needed, installed := ReportLists(r.Catalog, r.Snapshot)
	found, err := c.event(r, EventDetected)
	if err != nil {
		return nil, err
	}
	found.ExtendedData.ReplacementStrings = []string{fmt.Sprint(len(needed))}
	status, err := c.event(r, EventStatus)
	if err != nil {
		return nil, err
	}
	for tag, ids := range map[string][]compliance.UpdateID{"U=": needed, "V=": installed} {
		if len(ids) > 0 {
			status.ExtendedData.MiscData = append(status.ExtendedData.MiscData, tag+join(ids))
		}
	}
	slices.Sort(status.ExtendedData.MiscData)
	return []ReportingEvent{found, status}, nil
}

// event is an event with what all have.
func (c *Client) event(r Report, id int16) (ReportingEvent, error) {
	info := &c.cfg.Computer
	var instance compliance.UpdateID
	if _, err := io.ReadFull(c.cfg.Random, instance[:]); err != nil {
		return ReportingEvent{}, fmt.Errorf("wusp: report: %w", err)
	}
	instance[6], instance[8] = instance[6]&0x0F|0x40, instance[8]&0x3F|0x80 // a random GUID
	architecture := map[string]string{"X86": "X86Compatible", "AMD64": "Amd64Compatible", "IA64": "IA64Compatible"}
	return ReportingEvent{
		BasicData: BasicData{
			Sid: c.cfg.ClientID, TimeAtTarget: NewDateTime(r.At), EventInstanceID: instance,
			NamespaceID: 1, EventID: id, SourceID: SourceAgent, AppName: "AutomaticUpdates",
		},
		ExtendedData: ExtendedData{
			ComputerBrand: info.ComputerManufacturer, ComputerModel: info.ComputerModel, BiosRevision: info.BiosVersion,
			ProcessorArchitecture: architecture[strings.ToUpper(info.ProcessorArchitecture)],
			OSVersion: OSVersion{
				Major: info.OSMajorVersion, Minor: info.OSMinorVersion, Build: info.OSBuildNumber,
				ServicePackMajor: int32(info.OSServicePackMajorNumber), ServicePackMinor: int32(info.OSServicePackMinorNumber),
			},
		},
	}, nil
}

func join(ids []compliance.UpdateID) string {
	texts := make([]string, len(ids))
	for i, id := range ids {
		texts[i] = strings.ToUpper(id.String())
	}
	return strings.Join(texts, ";")
}

// ReportLists are the updates that the compliance report names as needed and
// as installed, in the order of their ids: leaves of software that are no
// members of bundles. An installed update is left out when one that
// supersedes it is installed too (observed).
func ReportLists(catalog *wsus.Catalog, snapshot *compliance.Snapshot) (needed, installed []compliance.UpdateID) {
	state := func(id compliance.UpdateID) compliance.State {
		if snapshot == nil {
			return compliance.Unknown
		}
		r, ok := snapshot.Find(id)
		if !ok {
			return compliance.Unknown
		}
		return r.State
	}
	for i, u := range catalog.All() {
		if u.Kind != wsus.KindSoftware || !u.Leaf && u.Action != wsus.ActionNone || u.Action == wsus.ActionBundle {
			continue
		}
		if s := state(u.ID); s == compliance.Required {
			needed = append(needed, u.ID)
		} else if s == compliance.Installed && !slices.ContainsFunc(catalog.SupersededBy(i), func(j int) bool {
			return state(catalog.At(j).ID) == compliance.Installed
		}) {
			installed = append(installed, u.ID)
		}
	}
	return needed, installed
}

// describe fills in the machine from facts, where nothing else was said.
func (m *ComputerInfo) describe(f applicability.Facts) {
	if m.OSMajorVersion == 0 && f.Windows != nil {
		if w := f.Windows.Windows(); w.Presence == applicability.Present {
			v := w.Value
			m.OSMajorVersion, m.OSMinorVersion, m.OSBuildNumber = int32(v.Major), int32(v.Minor), int32(v.Build)
			m.OSServicePackMajorNumber, m.OSServicePackMinorNumber = int16(v.ServicePackMajor), int16(v.ServicePackMinor)
			m.SuiteMask, m.OldProductType = int16(v.SuiteMask), uint8(v.ProductType)
		}
	}
	if m.ProcessorArchitecture == "" && f.Processors != nil {
		if p := f.Processors.Processor(); p.Presence == applicability.Present {
			names := map[int]string{0: "X86", 5: "ARM", 6: "IA64", 9: "AMD64", 12: "ARM64"}
			m.ProcessorArchitecture = names[int(p.Value.Architecture)]
		}
	}
	if m.OSLocale == "" && f.Languages != nil {
		if l := f.Languages.Language(); l.Presence == applicability.Present {
			m.OSLocale = l.Value
		}
	}
}
