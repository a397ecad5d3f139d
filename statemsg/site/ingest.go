package site

import (
	"time"

	"github.com/updatescan/updatescan/statemsg"
)

// Ingest takes a report in.
func Ingest(p Policy, c Client, r *statemsg.Report, now time.Time, look func(RowKey) (Row, bool)) Plan {
	_, _, _ = p, r, look
	return Plan{At: seconds(now), Client: c}
}
