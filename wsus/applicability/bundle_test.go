package applicability_test

import (
	"testing"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/applicability"
)

func TestBundles(t *testing.T) {
	t.Parallel()
	members := []wsus.Update{constant(11, yes, no), constant(12, no, yes), constant(13, no, no), constant(14, unknown, no)}
	p := update(1, wsus.Rules{})
	for name, c := range map[string]struct {
		u      wsus.Update
		want   compliance.State
		reason applicability.Reason
	}{
		"one installed":                        {bundles(p, 11), stInstalled, applicability.ReasonBundle},
		"one required":                         {bundles(p, 12), stRequired, applicability.ReasonBundle},
		"one not required":                     {bundles(p, 13), stNotRequired, applicability.ReasonBundle},
		"one unknown":                          {bundles(p, 14), stUnknown, applicability.ReasonBundleUnknown},
		"installed or not required":            {bundles(p, 11, 13), stInstalled, applicability.ReasonBundle},
		"installed and required":               {bundles(bundles(p, 11), 12), stRequired, applicability.ReasonBundle},
		"clause that does not apply":           {bundles(bundles(p, 11), 13), stInstalled, applicability.ReasonBundle},
		"required whatever the unknown is":     {bundles(bundles(p, 12), 14), stRequired, applicability.ReasonBundle},
		"installed, another unknown":           {bundles(bundles(p, 11), 14), stUnknown, applicability.ReasonBundleUnknown},
		"missing members do not apply":         {bundles(p, 11, 99), stInstalled, applicability.ReasonBundle},
		"no member there":                      {bundles(p, 98, 99), stUnknown, applicability.ReasonBundleMissing},
		"no member there, from a server":       {withAction(bundles(p, 98), wsus.ActionInstall), stNotRequired, applicability.ReasonBundle},
		"own rules count, not the members":     {bundles(constant(1, no, yes), 11), stRequired, applicability.ReasonInstallable},
		"prerequisites count":                  {requires(bundles(p, 11), false, 13), stNotRequired, applicability.ReasonPrerequisite},
		"prerequisites unknown":                {requires(bundles(p, 11), false, 14), stUnknown, applicability.ReasonPrerequisiteUnknown},
		"prerequisites unknown, not required":  {requires(bundles(p, 13), false, 14), stNotRequired, applicability.ReasonBundle},
		"a bundle that bundles itself is none": {bundles(p, 1), stUnknown, applicability.ReasonBundleMissing},
	} {
		v := verdicts(t, applicability.Config{}, append(members, c.u)...)[updateID(1)]
		if v.State != c.want || v.Reason != c.reason {
			t.Errorf("%s: %v because %v (%s), want %v because %v", name, v.State, v.Reason, v.Detail, c.want, c.reason)
		}
	}
	never := func(*wsus.Update, [][]applicability.Member) (compliance.State, applicability.Reason) {
		return compliance.NotRequired, applicability.ReasonBundle
	}
	v := verdicts(t, applicability.Config{Bundle: never}, append(members, bundles(p, 12))...)[updateID(1)]
	if v.State != stNotRequired {
		t.Errorf("replaced bundle step: %v, want not_required", v.State)
	}
}

func TestBundleMemberAsPrerequisite(t *testing.T) {
	t.Parallel()
	byID := verdicts(t, applicability.Config{},
		requires(constant(1, no, yes), false, 2), bundles(update(2, wsus.Rules{}), 3), constant(3, yes, no))
	if v := byID[updateID(1)]; v.State != stRequired {
		t.Errorf("update that requires an installed bundle: %v because %v, want required", v.State, v.Reason)
	}
}
