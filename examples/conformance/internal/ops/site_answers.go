package ops

import (
	"slices"

	"github.com/updatescan/updatescan/statemsg/site"
)

// The answers to the steps of site.run.
type (
	siteReportOut struct {
		Resync     uint64       `json:"resync"`
		Taken      uint64       `json:"taken"`
		Duplicates uint64       `json:"duplicates"`
		Stale      uint64       `json:"stale"`
		Bad        uint64       `json:"bad"`
		Tracking   siteTracking `json:"tracking"`
	}
	siteTracking struct {
		Life    uint32       `json:"life"`
		Highest uint64       `json:"highest"`
		Missing []siteRange  `json:"missing"`
		Refresh *siteRefresh `json:"refresh"`
		Resync  siteResync   `json:"resync"`
	}
	siteRange struct {
		From  uint64 `json:"from"`
		To    uint64 `json:"to"`
		Since moment `json:"since"`
	}
	siteRefresh struct {
		From    uint64 `json:"from"`
		Marker  uint64 `json:"marker"`
		Request uint64 `json:"request"`
	}
	siteResync struct {
		Number uint64  `json:"number"`
		Asked  *moment `json:"asked"`
		Open   bool    `json:"open"`
		Wanted bool    `json:"wanted"`
	}
	siteKeptCount struct {
		Kept int `json:"kept"`
	}
	siteClients struct {
		Clients int `json:"clients"`
	}
	siteAskedOut struct {
		Asked []siteAsked `json:"asked"`
	}
	siteClientOut struct {
		Client *siteClient `json:"client"`
	}
	siteClient struct {
		ID          string       `json:"id"`
		Enabled     bool         `json:"enabled"`
		Version     string       `json:"version"`
		NetBIOSName string       `json:"netbios_name"`
		FirstHeard  *moment      `json:"first_heard"`
		LastHeard   *moment      `json:"last_heard"`
		Counts      siteCounts   `json:"counts"`
		Tracking    siteTracking `json:"tracking"`
	}
	siteCounts struct {
		Reports    uint64 `json:"reports"`
		Messages   uint64 `json:"messages"`
		Duplicates uint64 `json:"duplicates"`
		Stale      uint64 `json:"stale"`
		Bad        uint64 `json:"bad"`
		BadReports uint64 `json:"bad_reports"`
	}
	siteRowsOut struct {
		Rows []siteRow `json:"rows"`
	}
	siteRow struct {
		Life     uint32  `json:"life"`
		Received moment  `json:"received"`
		Message  message `json:"message"`
	}
	siteStatesOut struct {
		AsOf    *moment     `json:"as_of"`
		Clients []siteState `json:"clients"`
	}
	siteSummaryOut struct {
		AsOf      *moment       `json:"as_of"`
		Clients   int           `json:"clients"`
		Summaries []siteSummary `json:"summaries"`
	}
	siteKeptOut struct {
		Total int        `json:"total"`
		Kept  []siteKept `json:"kept"`
	}
	siteKept struct {
		Client    string `json:"client"`
		Received  moment `json:"received"`
		Report    bool   `json:"report"`
		TopicType uint16 `json:"topic_type"`
		TopicID   string `json:"topic_id"`
		Serial    uint64 `json:"serial"`
	}
)

func trackingOut(c site.Client) siteTracking {
	out := siteTracking{
		Life: c.Life, Highest: c.Highest, Missing: []siteRange{},
		Resync: siteResync{Number: c.Resync.Number, Asked: momentOf(c.Resync.Asked), Open: c.Resync.Open, Wanted: c.Resync.Wanted},
	}
	for _, r := range c.Missing {
		out.Missing = append(out.Missing, siteRange{r.From, r.To, moment{r.Since}})
	}
	if c.Refresh.Marker != 0 {
		f := siteRefresh(c.Refresh)
		out.Refresh = &f
	}
	return out
}

// clientAfter returns nil for a client that is not known.
func clientAfter(c site.Client, known bool) *siteClient {
	if !known {
		return nil
	}
	return &siteClient{
		ID: c.ID, Enabled: !c.Off, Version: c.Version, NetBIOSName: c.NetBIOSName,
		FirstHeard: momentOf(c.FirstHeard), LastHeard: momentOf(c.LastHeard),
		Counts: siteCounts(c.Counts), Tracking: trackingOut(c),
	}
}

func rowsOut(rows []site.Row) []siteRow {
	list := []siteRow{}
	for _, r := range rows {
		list = append(list, siteRow{r.Life, moment{r.Received}, messageOut(r.Message)})
	}
	return list
}

// keptOut returns what is kept, the newest first.
func keptOut(kept []site.Kept) []siteKept {
	list := []siteKept{}
	for _, k := range slices.Backward(kept) {
		list = append(list, siteKept{k.Client, moment{k.Received}, k.Report, uint16(k.TopicType), k.TopicID, k.Serial})
	}
	return list
}
