package wusptest

import (
	"net/url"
	"slices"

	"github.com/updatescan/updatescan/wsus"
)

// modelStop is why a call has no answer: a fault, or what ends the retrieval.
type modelStop struct {
	fault *string
	code  wsus.Code
}

func modelFailure(code wsus.Code) *modelStop { return &modelStop{code: code} }

// ask makes a call. The answer is nil for the default answer.
func (w *modelRun) ask(c ScriptCall) (*ScriptAnswer, *modelStop) {
	w.calls = append(w.calls, c)
	n := w.count[c.Op]
	w.count[c.Op]++
	answer := w.server.answer(c.Op, n)
	if answer == nil {
		return nil, nil
	}
	if answer.Fault != nil {
		return nil, &modelStop{fault: answer.Fault, code: modelFaultCode(*answer.Fault)}
	}
	if answer.Cut {
		return nil, modelFailure(0x80072EFE)
	}
	if answer.HTML || answer.Status == 200 {
		return nil, modelFailure(0x8024400A)
	}
	if answer.Status == 0 {
		return answer, nil
	}
	if answer.Redirect != "" && w.wrong("wire-redirect-followed") && w.count[c.Op] < 20 {
		return w.ask(c)
	}
	if w.wrong("wire-one-status-for-all") {
		return nil, modelFailure(0x8024402B)
	}
	return nil, modelFailure(modelStatusCode(answer.Status))
}

// modelStatusCode is the table of 8.4.
func modelStatusCode(status int) wsus.Code {
	list := []int{400, 401, 403, 404, 405, 407, 408, 409, 410, 500, 501, 502, 503, 504, 505}
	if i := slices.Index(list, status); i >= 0 {
		return 0x80244016 + wsus.Code(i)
	}
	return 0x8024402B
}

// service is where the authorization cookie is asked for; ok is false when it
// is on another server.
func (w *modelRun) service() (where string, ok bool) {
	service := w.config.ServiceURL
	if service == "" {
		service = "SimpleAuthWebService/SimpleAuth.asmx"
	}
	root, err := url.Parse(w.cfg.URL + "/")
	if w.wrong("wire-service-beside-client") {
		root, err = url.Parse(w.cfg.URL + "/ClientWebService/client.asmx")
	}
	if err != nil {
		return "", false
	}
	to, err := root.Parse(service)
	if err != nil {
		return "", false
	}
	same := to.Scheme == root.Scheme && to.Hostname() == root.Hostname() && modelPort(to) == modelPort(root)
	return to.String(), same || w.wrong("wire-foreign-service-asked")
}

// modelPort is the port of a URL, that of its scheme when it names none.
func modelPort(u *url.URL) string {
	if p := u.Port(); p != "" {
		return p
	}
	if u.Scheme == "https" {
		return "443"
	}
	return "80"
}
