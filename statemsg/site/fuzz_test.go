package site_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"testing"
	"time"

	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/statemsg/site"
	"github.com/updatescan/updatescan/statemsg/site/sitetest"
)

// FuzzIngest takes in the reports that the data describes: nothing panics, no row
// is looked up that Needs does not name, what a site knows of a client stays within
// its bounds and can be stored, and a report that comes twice has one effect.
func FuzzIngest(f *testing.F) {
	f.Add([]byte("\x05\x01\x00\x02\x00\x03\xFF\x00\x09\x01\x01"))
	f.Add([]byte{0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0, 1, 2, 3, 4, 5, 6, 7, 8})
	f.Fuzz(func(t *testing.T, data []byte) {
		ctx := context.Background()
		data = data[:min(len(data), 2000)]
		var d sitetest.Direct
		now := start
		for len(data) > 0 {
			var r *statemsg.Report
			r, data = drawn(data)
			now = now.Add(time.Duration(len(r.Messages)) * time.Hour)
			life := uint32(0)
			if p, err := d.Receive(ctx, now, r); err != nil {
				t.Fatal(err)
			} else if err := sound(&p); err != nil {
				t.Fatalf("%v, after %+v", err, r)
			} else {
				life = p.Client.Life
			}
			again, err := d.Receive(ctx, now, r)
			if err != nil {
				t.Fatal(err)
			}
			if len(again.Put) > 0 && again.Client.Life == life && len(r.Messages) < 100 {
				for _, m := range again.Put {
					if m.Serial != 0 && len(again.Client.Missing) < site.MaxRanges-1 {
						t.Fatalf("%+v takes effect twice", m)
					}
				}
			}
		}
	})
}

// drawn makes a report of bytes and returns the rest.
func drawn(data []byte) (*statemsg.Report, []byte) {
	next := func() byte {
		if len(data) == 0 {
			return 0
		}
		b := data[0]
		data = data[1:]
		return b
	}
	r := &statemsg.Report{Client: statemsg.Client{ID: sitetest.AgentID(1)}, Date: start.Add(time.Duration(next()) * time.Minute)}
	for range 1 + next()%16 {
		m := statemsg.Message{TopicType: 500, TopicID: sitetest.Update(int(next() % 5)), StateID: statemsg.StateID(next() % 6), Time: start}
		switch kind := next(); kind % 8 {
		case 0:
			n, size := binary.Uvarint(data)
			if size > 0 {
				m.Serial, data = n, data[size:]
			}
		case 1:
			m = statemsg.RefreshMarker(uint64(next()), uint64(next()%4), start)
			m.Serial = uint64(next())
		case 2:
			m.TopicID = string(data[:min(len(data), int(next()))])
			m.Serial = uint64(next())
		default:
			m.Serial = uint64(next())
		}
		r.Messages = append(r.Messages, m)
	}
	return r, data
}

// sound says what is wrong with a plan.
func sound(p *site.Plan) error {
	data, err := p.Client.AppendBinary(nil)
	if err != nil {
		return err
	}
	if len(data) > site.MaxClientBytes {
		return fmt.Errorf("%d bytes", len(data))
	}
	if _, err := site.DecodeClient(data); err != nil {
		return err
	}
	for _, m := range p.Put {
		if site.RecordFault(&m) != "" {
			return fmt.Errorf("a bad record is put: %+v", m)
		}
	}
	for _, k := range p.Bad {
		if len(k.Reason) > site.MaxReasonBytes || len(k.Body) > site.MaxKeptBytes || len(k.TopicID) > statemsg.MaxTopicIDBytes {
			return fmt.Errorf("kept out of bounds: %+v", k)
		}
	}
	return nil
}
