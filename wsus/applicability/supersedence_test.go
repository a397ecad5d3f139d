package applicability_test

import (
	"testing"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/applicability"
)

func classified(u wsus.Update, id string) wsus.Update {
	parsed, err := compliance.ParseUpdateID(id)
	if err != nil {
		panic(err)
	}
	u.Classification = parsed
	return u
}

func TestSupersedence(t *testing.T) {
	t.Parallel()
	old := constant(1, no, yes)
	expired := supersedes(constant(2, no, yes), 1)
	expired.Expired = true
	for name, c := range map[string]struct {
		others []wsus.Update
		want   applicability.Omission
	}{
		"required":         {[]wsus.Update{supersedes(constant(2, no, yes), 1)}, applicability.OmittedSuperseded},
		"installed":        {[]wsus.Update{supersedes(constant(2, yes, no), 1)}, applicability.OmittedSuperseded},
		"does not apply":   {[]wsus.Update{supersedes(constant(2, no, no), 1)}, applicability.Reported},
		"unknown":          {[]wsus.Update{supersedes(constant(2, unknown, no), 1)}, applicability.Reported},
		"service pack":     {[]wsus.Update{classified(supersedes(constant(2, yes, no), 1), "68C5B0A3-D1A6-4553-AE49-01D3A7827828")}, applicability.Reported},
		"definition":       {[]wsus.Update{classified(supersedes(constant(2, yes, no), 1), "e0789628-ce08-4437-be74-2495b842f43b")}, applicability.Reported},
		"security":         {[]wsus.Update{classified(supersedes(constant(2, yes, no), 1), "0fa1201d-4330-4fa8-8ae9-b877473b6441")}, applicability.OmittedSuperseded},
		"expired":          {[]wsus.Update{expired}, applicability.Reported},
		"one of two":       {[]wsus.Update{supersedes(constant(2, no, no), 1), supersedes(constant(3, yes, no), 1)}, applicability.OmittedSuperseded},
		"not in catalogue": {nil, applicability.Reported},
	} {
		byID := verdicts(t, applicability.Config{}, append(c.others, old)...)
		if v := byID[updateID(1)]; v.Omission != c.want || v.State != stRequired {
			t.Errorf("%s: %v, %v, want %v, required", name, v.Omission, v.State, c.want)
		}
		kept := verdicts(t, applicability.Config{Supersedence: applicability.KeepSuperseded}, append(c.others, old)...)
		if v := kept[updateID(1)]; v.Omission != applicability.Reported {
			t.Errorf("%s, kept: %v, want reported", name, v.Omission)
		}
	}
	circle := verdicts(t, applicability.Config{},
		supersedes(constant(1, no, yes), 2), supersedes(constant(2, no, yes), 3), supersedes(constant(3, no, yes), 1), supersedes(constant(4, no, yes), 4))
	for id, v := range circle {
		if v.Omission != applicability.Reported {
			t.Errorf("circle: update %v is %v, want reported", id, v.Omission)
		}
	}
}
