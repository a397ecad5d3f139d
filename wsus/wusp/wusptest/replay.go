package wusptest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"path"
	"slices"
	"strconv"
	"sync"

	"github.com/google/go-cmp/cmp"

	"github.com/updatescan/updatescan/wsus/wusp"
)

// Replay is a captured scan: an http.RoundTripper that answers what was
// answered then, step by step, whatever is asked, and keeps what was asked to
// compare it. A request of another operation than the step's, or one after the
// last step, is an error. It is safe for concurrent use.
type Replay struct {
	steps []replayStep

	mu   sync.Mutex
	next int
	got  []wusp.Message
	odd  error // the first request that was not answered
}

// replayStep is a call of the capture.
type replayStep struct {
	number  int
	request wusp.Message
	answer  []byte
}

// OpenReplay reads a capture: a folder with a folder for each call, whose name
// is the number of the step in six digits, such as 000001, and in which
// request.body and response.body are the envelopes as they were sent,
// uncompressed. Anything else is passed over. The steps that leaveOut names are
// left out: calls that a client may do without. A capture without steps, a step
// that is not there to be left out, a file that is missing and a request that
// cannot be read are errors.
func OpenReplay(fsys fs.FS, leaveOut ...int) (*Replay, error) {
	entries, err := fs.ReadDir(fsys, ".")
	if err != nil {
		return nil, fmt.Errorf("wusptest: replay: %w", err)
	}
	r := &Replay{}
	var left []int
	for _, e := range entries {
		number, err := strconv.ParseUint(e.Name(), 10, 31)
		if err != nil || len(e.Name()) != 6 || !e.IsDir() {
			continue
		}
		s := replayStep{number: int(number)}
		if slices.Contains(leaveOut, s.number) {
			left = append(left, s.number)
			continue
		}
		request, err := fs.ReadFile(fsys, path.Join(e.Name(), "request.body"))
		if err == nil {
			s.request, err = wusp.DecodeRequest(request, 0)
		}
		if err == nil {
			s.answer, err = fs.ReadFile(fsys, path.Join(e.Name(), "response.body"))
		}
		if err != nil {
			return nil, fmt.Errorf("wusptest: replay: step %d: %w", s.number, err)
		}
		r.steps = append(r.steps, s)
	}
	if len(r.steps) == 0 {
		return nil, errors.New("wusptest: replay: no steps")
	}
	for _, n := range leaveOut {
		if !slices.Contains(left, n) {
			return nil, fmt.Errorf("wusptest: replay: there is no step %d to leave out", n)
		}
	}
	return r, nil
}

// Captured is the first captured request of an operation, to take from it who
// the client was; nil when there is none. It must not be modified.
func (r *Replay) Captured(op wusp.Operation) wusp.Message {
	for _, s := range r.steps {
		if s.request.Operation() == op {
			return s.request
		}
	}
	return nil
}

// Requests are what was asked so far, in order.
func (r *Replay) Requests() []wusp.Message {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.got)
}

// RoundTrip answers with the captured answer of the next step.
func (r *Replay) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Body == nil {
		return nil, errors.New("wusptest: replay: a request without a body")
	}
	data, err := io.ReadAll(req.Body)
	_ = req.Body.Close()
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	step, err := r.ask(data)
	if err != nil {
		if r.odd == nil {
			r.odd = err
		}
		return nil, err
	}
	return &http.Response{
		Status: "200 OK", StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{"Content-Type": {wusp.ContentType}},
		Body:   io.NopCloser(bytes.NewReader(step.answer)), ContentLength: int64(len(step.answer)), Request: req,
	}, nil
}

// ask takes a request and returns the step that answers it.
func (r *Replay) ask(data []byte) (*replayStep, error) {
	m, err := wusp.DecodeRequest(data, 0)
	if err != nil {
		return nil, fmt.Errorf("wusptest: replay: request %d: %w", len(r.got)+1, err)
	}
	if r.next == len(r.steps) {
		return nil, fmt.Errorf("wusptest: replay: %s after the last step", m.Operation())
	}
	s := &r.steps[r.next]
	if m.Operation() != s.request.Operation() {
		return nil, fmt.Errorf("wusptest: replay: step %d: %s instead of %s", s.number, m.Operation(), s.request.Operation())
	}
	r.next++
	r.got = append(r.got, m)
	return s, nil
}

// Check says, step by step, where what was asked differs from the capture,
// and which steps were never reached; nil means nowhere and none.
//
// Compared is every element of a request but these: CurrentTime, which is when
// the client is run, and the order of ids, which means nothing; elements that
// no WSDL lists and agents of Windows 11 send (AlsoPerformRegularSync,
// ProductsParameters, deviceAttributes), and what servers take as information
// beside it (GeoId, callerAttributes); an old cookie without data and a
// ComputerSpec without ids, which say nothing. Headers are not compared: each
// agent has its own.
func (r *Replay) Check() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	var errs []error
	for i, s := range r.steps[:r.next] {
		if diff := cmp.Diff(matters(s.request), matters(r.got[i])); diff != "" {
			errs = append(errs, fmt.Errorf("wusptest: replay: step %d: %s (-captured +asked):\n%s", s.number, s.request.Operation(), diff))
		}
	}
	errs = append(errs, r.odd)
	for _, s := range r.steps[r.next:] {
		errs = append(errs, fmt.Errorf("wusptest: replay: step %d: %s was not asked", s.number, s.request.Operation()))
	}
	return errors.Join(errs...)
}

// matters is a copy of a request without what Check does not compare.
func matters(m wusp.Message) wusp.Message {
	switch m := m.(type) {
	case *wusp.GetCookieRequest:
		c := *m
		c.CurrentTime = ""
		if c.OldCookie != nil && len(c.OldCookie.EncryptedData) == 0 {
			c.OldCookie = nil
		}
		return &c
	case *wusp.SyncUpdatesRequest:
		c := *m
		c.AlsoPerformRegularSync, c.ProductsParameters = nil, nil
		if c.ComputerSpec != nil && len(c.ComputerSpec.HardwareIDs) == 0 {
			c.ComputerSpec = nil
		}
		c.InstalledNonLeafUpdateIDs, c.OtherCachedUpdateIDs = sorted(c.InstalledNonLeafUpdateIDs), sorted(c.OtherCachedUpdateIDs)
		c.CachedDriverIDs = sorted(c.CachedDriverIDs)
		return &c
	case *wusp.GetExtendedUpdateInfoRequest:
		c := *m
		c.DeviceAttributes, c.CallerAttributes, c.GeoID = "", "", ""
		c.RevisionIDs = sorted(c.RevisionIDs)
		return &c
	}
	return m
}

func sorted(ids []int32) []int32 { return slices.Sorted(slices.Values(ids)) }
