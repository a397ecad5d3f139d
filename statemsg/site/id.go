package site

import (
	"strings"

	"github.com/updatescan/updatescan/statemsg"
)

// NormalID returns a client id in the form in which a site keeps it: "GUID:" and
// 36 characters with upper-case letters, as ConfigMgr writes it, so that a client
// has one id however a report spells it. A bare GUID is accepted. Anything else is
// refused with an error that wraps a *[statemsg.ClientError].
func NormalID(id string) (string, error) {
	c := statemsg.Client{ID: id}.Normal()
	if err := c.Validate(); err != nil {
		return "", err
	}
	return strings.ToUpper(c.ID), nil
}
