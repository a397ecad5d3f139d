package wsus

import (
	"errors"
	"fmt"
	"iter"
)

// Action is what WSUS says is to be done with an update, its deployment
// action.
//
// The zero Action, ActionNone, is meant: the metadata came without a
// deployment, as an update document or a package does. It is a default and
// not an error, so that metadata read from files can be evaluated; what
// such an update means for a report is the evaluator's decision.
type Action uint8

const (
	// ActionNone means that the metadata came without a deployment.
	ActionNone Action = iota
	// ActionEvaluate means evaluate only, as for categories, detectoids and
	// dependencies that are not approved. They are never shown and never
	// reported.
	ActionEvaluate
	// ActionPreDeploymentCheck means evaluate and report, but offer nothing.
	// This is how a software update point deploys every update.
	ActionPreDeploymentCheck
	// ActionInstall means evaluate, report, and offer when installable.
	ActionInstall
	// ActionOptionalInstall is ActionInstall, but never automatically.
	ActionOptionalInstall
	// ActionUninstall means that it is to be removed where it is installed.
	ActionUninstall
	// ActionBundle marks a member of a bundle, which is evaluated for its
	// parent and not reported on its own.
	ActionBundle
	// ActionBlock overrides another deployment; it should arrive as
	// ActionPreDeploymentCheck, or not at all.
	ActionBlock
)

// ErrUnknownAction is matched by the errors of [ParseAction],
// [Action.UnmarshalText] and [Action.MarshalText] for what is no Action.
var ErrUnknownAction = errors.New("unknown action")

// token is the text form, or "" for an invalid Action.
func (a Action) token() string {
	switch a {
	case ActionNone:
		return "none"
	case ActionEvaluate:
		return "evaluate"
	case ActionPreDeploymentCheck:
		return "pre_deployment_check"
	case ActionInstall:
		return "install"
	case ActionOptionalInstall:
		return "optional_install"
	case ActionUninstall:
		return "uninstall"
	case ActionBundle:
		return "bundle"
	case ActionBlock:
		return "block"
	}
	return ""
}

// Valid reports whether a is one of the constants, ActionNone included.
func (a Action) Valid() bool { return a.token() != "" }

// String returns the text form, such as "pre_deployment_check", or
// "Action(9)" for an invalid Action.
func (a Action) String() string {
	if s := a.token(); s != "" {
		return s
	}
	return fmt.Sprintf("Action(%d)", uint8(a))
}

// AppendText appends the text form to b. An invalid Action is refused with
// an error that matches [ErrUnknownAction], and b is returned as it was.
func (a Action) AppendText(b []byte) ([]byte, error) {
	s := a.token()
	if s == "" {
		return b, fmt.Errorf("wsus: marshal action: %w %d", ErrUnknownAction, uint8(a))
	}
	return append(b, s...), nil
}

// MarshalText returns the text form; see [Action.AppendText].
func (a Action) MarshalText() ([]byte, error) {
	b, err := a.AppendText(nil)
	if err != nil {
		return nil, err
	}
	return b, nil
}

// UnmarshalText reads the text form as [ParseAction] does. On error the
// receiver is unchanged.
func (a *Action) UnmarshalText(text []byte) error {
	v, err := ParseAction(string(text))
	if err != nil {
		return err
	}
	*a = v
	return nil
}

// ParseAction reads the text form, which must match exactly; the spelling of
// the wire, such as "PreDeploymentCheck", is not accepted. Anything else is
// an error that names the text and matches [ErrUnknownAction].
func ParseAction(s string) (Action, error) {
	for a := range Actions() {
		if a.token() == s {
			return a, nil
		}
	}
	return 0, fmt.Errorf("wsus: parse action: %w %s", ErrUnknownAction, quote(s))
}

// Actions returns every Action, ActionNone first, in the order of its
// number.
func Actions() iter.Seq[Action] {
	return func(yield func(Action) bool) {
		for a := ActionNone; a <= ActionBlock; a++ {
			if !yield(a) {
				return
			}
		}
	}
}
