package fleet

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"

	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/statemsg/mp"
)

// fault is what is wrong with the way to the management point.
type fault uint8

const (
	// nothing is wrong.
	nothing fault = iota
	// losing: what is handed over is acknowledged and lost, as messages are that a
	// queue on the way has accepted and a full disk has eaten.
	losing
	// deaf: reports arrive, and the first answer to each is lost.
	deaf
	// cutting: the next report arrives cut short.
	cutting
	// miswriting: of the next report with the state of an update, one state arrives
	// as a number that is none.
	miswriting
)

// errLine is the failure of a line.
var errLine = errors.New("the connection was lost")

// line is a client's way to the management point. It is a statemsg.Transport and a
// statemsg.Resyncer.
type line struct {
	to    *mp.Client
	http  *http.Client
	url   string // of the report
	token string

	fault fault
	last  uint64 // the first serial of the report whose answer was lost
}

// Resync implements statemsg.Resyncer.
func (l *line) Resync() uint64 { return l.to.Resync() }

// Send implements statemsg.Transport.
func (l *line) Send(ctx context.Context, r *statemsg.Report) error {
	switch l.fault {
	case nothing:
	case losing:
		return nil
	case deaf:
		err := l.to.Send(ctx, r)
		if first := r.Messages[0].Serial; err == nil && first != l.last {
			l.last = first
			return errLine
		}
		return err
	case cutting:
		l.fault = nothing
		return l.cut(ctx, r)
	case miswriting:
		i := slices.IndexFunc(r.Messages, func(m statemsg.Message) bool { return m.TopicType == statemsg.UpdateDetection })
		if i < 0 {
			break
		}
		l.fault = nothing
		wrong := *r
		wrong.Messages = slices.Clone(r.Messages)
		wrong.Messages[i].StateID = 9
		return l.to.Send(ctx, &wrong)
	}
	return l.to.Send(ctx, r)
}

// cut sends half of a report, with which the management point can do nothing.
func (l *line) cut(ctx context.Context, r *statemsg.Report) error {
	body, err := statemsg.AppendReport(nil, r)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, l.url, bytes.NewReader(body[:len(body)/4*2]))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/xml")
	req.Header.Set("Authorization", "Bearer "+l.token)
	resp, err := l.http.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, io.LimitReader(resp.Body, mp.MaxAnswerBytes)); err != nil {
		return err
	}
	return fmt.Errorf("%w: status %d", statemsg.ErrRejected, resp.StatusCode)
}
