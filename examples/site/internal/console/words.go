package console

import (
	"fmt"
	"html/template"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/statemsg/site"
	"github.com/updatescan/updatescan/wsus"
)

// words are the functions of the templates.
var words = template.FuncMap{
	"when": when, "age": age, "percent": percent, "because": because, "state": compliance.State.Name,
	"count": count, "class": class,
}

// when is a time for a person.
func when(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.UTC().Format("Mon 2 Jan 2006, 15:04")
}

// age is how long ago a time was.
func age(now, t time.Time) string {
	if t.IsZero() {
		return ""
	}
	d := now.Sub(t)
	if d < 0 {
		return "in the future"
	}
	return span(d) + " ago"
}

// span is a duration in its two greatest units.
func span(d time.Duration) string {
	minutes := int64(d / time.Minute)
	days, hours, minutes := minutes/1440, minutes/60%24, minutes%60
	if days > 0 {
		return fmt.Sprintf("%d d %d h", days, hours)
	}
	if hours > 0 {
		return fmt.Sprintf("%d h %d min", hours, minutes)
	}
	return fmt.Sprintf("%d min", minutes)
}

// percent is the compliant share of a summary.
func percent(s compliance.Summary) string {
	p, ok := s.Percent()
	if !ok {
		return "–"
	}
	return strconv.FormatFloat(p, 'f', 1, 64) + " %"
}

// count is a number of things.
func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}

// class is the class in the style sheet of a state.
func class(s compliance.State) string {
	switch s {
	case compliance.Required:
		return "required"
	case compliance.NotRequired:
		return "not-required"
	case compliance.Installed:
		return "installed"
	case compliance.Unknown:
	}
	return "unknown"
}

// because says why a state is Unknown.
func because(r site.UnknownReason) string {
	switch r {
	case site.ReportedUnknown:
		return "the client says so: the update is gone from its catalogue"
	case site.FeatureOff:
		return "software updates is switched off for the client"
	case site.MessageBad:
		return "a bad message of it is kept for inspection"
	case site.NeverHeard:
		return "the client was never heard from"
	case site.MessageLost:
		return "messages of the client are missing"
	case site.NeverScanned:
		return "the client has not scanned yet"
	case site.ScanRunning:
		return "the client's scan is running"
	case site.ScanFailed:
		return "the client's last scan failed"
	case site.NothingReceived:
		return "the scan completed and told nothing of this update"
	}
	return ""
}

// stateOf names the state of any message.
func stateOf(m *statemsg.Message) string {
	if name, ok := statemsg.StateName(m.TopicType, m.StateID); ok {
		return name
	}
	return "State " + strconv.Itoa(int(m.StateID))
}

// params are the parameters of a message. The first of a scan is its result code.
func params(m *statemsg.Message) string {
	p := slices.Clone(m.Params)
	if m.TopicType == statemsg.UpdateSourceScan && len(p) > 0 {
		if n, err := strconv.ParseInt(p[0], 10, 32); err == nil {
			p[0] = wsus.Code(uint32(int32(n))).String()
			if n == 0 {
				p = p[1:]
			}
		}
	}
	return strings.Join(p, ", ")
}

// topicOf names what a message is about.
func topicOf(t statemsg.TopicType) string {
	switch t {
	case statemsg.AssignmentCompliance:
		return "Deployment compliance"
	case statemsg.AssignmentEnforcement:
		return "Deployment enforcement"
	case statemsg.AssignmentEvaluation:
		return "Deployment evaluation"
	case statemsg.ItemDetection:
		return "Item detection"
	case statemsg.ItemCompliance:
		return "Item compliance"
	case statemsg.UpdateEnforcement:
		return "Update installation"
	case statemsg.UpdateDetection:
		return "Update state"
	case statemsg.UpdateSourceScan:
		return "Scan"
	case statemsg.Resync:
		return "Full refresh"
	}
	return "Topic type " + strconv.Itoa(int(t))
}
