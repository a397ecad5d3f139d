package statemsg

import (
	"bytes"
)

// What a report of state messages says of itself.
const (
	reportContent = "State Message Data"
	reportType    = "Full"
	reportVersion = "1.0"
)

// header reads <ReportHeader>.
func (d *Decoder) header() (h Header, err error) {
	var seen uint
	for {
		child, err := d.child("ReportHeader")
		if err != nil {
			return Header{}, err
		}
		if !child {
			break
		}
		if d.is("Identification") {
			if err := d.once(&seen, 0); err != nil {
				return Header{}, err
			}
			h.Client, err = d.identification()
		} else if d.is("ReportDetails") {
			if err := d.once(&seen, 1); err != nil {
				return Header{}, err
			}
			err = d.details(&h)
		} else {
			err = d.tok.Skip()
		}
		if err != nil {
			return Header{}, err
		}
	}
	if seen&1 == 0 {
		return Header{}, d.missing("Identification", "ReportHeader")
	}
	if seen&2 == 0 {
		return Header{}, d.missing("ReportDetails", "ReportHeader")
	}
	return h, nil
}

// identification reads <Identification>.
func (d *Decoder) identification() (c Client, err error) {
	var seen uint
	for {
		child, err := d.child("Identification")
		if err != nil {
			return Client{}, err
		}
		if !child {
			break
		}
		if d.is("Machine") {
			if err := d.once(&seen, 0); err != nil {
				return Client{}, err
			}
			c, err = d.machine()
		} else {
			err = d.tok.Skip()
		}
		if err != nil {
			return Client{}, err
		}
	}
	if seen == 0 {
		return Client{}, d.missing("Machine", "Identification")
	}
	return c, nil
}

// machine reads <Machine>. Only the client's id must be there.
func (d *Decoder) machine() (c Client, err error) {
	var seen uint
	for {
		child, err := d.child("Machine")
		if err != nil {
			return Client{}, err
		}
		if !child {
			break
		}
		if err := d.machineChild(&c, &seen); err != nil {
			return Client{}, err
		}
	}
	if seen&1 == 0 {
		return Client{}, d.missing("ClientID", "Machine")
	}
	c = c.Normal()
	if e := c.invalid(); e != nil {
		return Client{}, d.tok.Errorf("%s: %s", e.Field, e.Reason)
	}
	return c, nil
}

// machineChild reads one element of <Machine>.
func (d *Decoder) machineChild(c *Client, seen *uint) (err error) {
	if d.tok.Prefix() != nil {
		return d.tok.Skip()
	}
	bit := uint(0)
	switch string(d.tok.Local()) {
	case "ClientID":
	case "ClientVersion":
		bit = 1
	case "NetBIOSName":
		bit = 2
	case "CodePage":
		bit = 3
	case "SystemDefaultLCID":
		bit = 4
	case "ClientInstalled":
		bit = 5
	case "ClientType":
		bit = 6
	default:
		return d.tok.Skip()
	}
	if err := d.once(seen, bit); err != nil {
		return err
	}
	name := machineNames[bit]
	text, err := d.tok.TextOf()
	if err != nil {
		return err
	}
	if bit <= 2 && len(text) > MaxClientTextBytes {
		return d.tok.Errorf("<%s> of %d bytes, at most %d", name, len(text), MaxClientTextBytes)
	}
	var number uint64
	if bit > 2 {
		if number, err = d.number(text, name); err != nil {
			return err
		}
	}
	switch bit {
	case 0:
		c.ID = string(text)
	case 1:
		c.Version = string(text)
	case 2:
		c.NetBIOSName = string(text)
	case 3:
		c.CodePage = int(number)
	case 4:
		c.LCID = int(number)
	}
	return nil
}

// machineNames are the names behind the bits of machineChild; never written to.
var machineNames = [...]string{
	"ClientID", "ClientVersion", "NetBIOSName", "CodePage", "SystemDefaultLCID", "ClientInstalled", "ClientType",
}

// details reads <ReportDetails>. Version and Format may be left out.
func (d *Decoder) details(h *Header) error {
	var seen uint
	for {
		child, err := d.child("ReportDetails")
		if err != nil {
			return err
		}
		if !child {
			break
		}
		if err := d.detailsChild(h, &seen); err != nil {
			return err
		}
	}
	for bit, name := range [...]string{"ReportContent", "ReportType", "Date"} {
		if seen&(1<<bit) == 0 {
			return d.missing(name, "ReportDetails")
		}
	}
	return nil
}

// detailsChild reads one element of <ReportDetails>.
func (d *Decoder) detailsChild(h *Header, seen *uint) error {
	if d.tok.Prefix() != nil {
		return d.tok.Skip()
	}
	bit, name, want := uint(0), "ReportContent", reportContent
	switch string(d.tok.Local()) {
	case "ReportContent":
	case "ReportType":
		bit, name, want = 1, "ReportType", reportType
	case "Date":
		bit, name = 2, "Date"
	case "Version":
		bit, name, want = 3, "Version", reportVersion
	case "Format":
		bit, name, want = 4, "Format", reportVersion
	default:
		return d.tok.Skip()
	}
	if err := d.once(seen, bit); err != nil {
		return err
	}
	text, err := d.tok.TextOf()
	if err != nil {
		return err
	}
	if bit == 2 {
		t, reason := parseCIMTime(text)
		if reason == "" && t.IsZero() {
			reason = "no time"
		}
		if reason != "" {
			return d.tok.Errorf("<Date> %.64q: %s", text, reason)
		}
		h.Date = t
		return nil
	}
	// The documentation writes the report type in capitals, logs do not.
	if string(text) != want && (bit != 1 || !bytes.EqualFold(text, []byte(want))) {
		return d.tok.Errorf("<%s> %.64q, want %q", name, text, want)
	}
	return nil
}
