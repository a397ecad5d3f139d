package site

import (
	"fmt"
	"time"
)

// Defaults of a Policy: the documented settings of the state system.
const (
	// DefaultMinMissingAge is "Min Missing Message Age", 2880 minutes.
	DefaultMinMissingAge = 2880 * time.Minute
	// DefaultMinResyncPeriod is "Min Resync Period", 72 hours.
	DefaultMinResyncPeriod = 72 * time.Hour
	// DefaultCheckInterval is "Resync Check Interval", 15 minutes.
	DefaultCheckInterval = 15 * time.Minute
	// MaxPolicyDuration is the longest that can be configured.
	MaxPolicyDuration = 366 * 24 * time.Hour
)

// Policy configures when a site asks for a resync (SITE-4). The zero value means
// the defaults. A policy is checked once with Validate; the functions of this
// package expect a valid one.
type Policy struct {
	// MinMissingAge is how long a range may be missing. Exactly so long is not too
	// long. Zero means DefaultMinMissingAge; negative, above MaxPolicyDuration or
	// not in whole seconds is refused.
	MinMissingAge time.Duration
	// MinResyncPeriod is the least time between two resyncs asked of a client.
	// Zero means DefaultMinResyncPeriod; the same is refused.
	MinResyncPeriod time.Duration
	// CheckInterval is how often the Server looks for ranges that are missing
	// too long. Zero means DefaultCheckInterval; the same is refused.
	CheckInterval time.Duration
}

// PolicyError tells which field of a [Policy] is refused and why.
type PolicyError struct {
	Field  string
	Reason string
}

// Error implements error.
func (e *PolicyError) Error() string { return "site: policy: " + e.Field + ": " + e.Reason }

// Validate reports the first field that is refused, as a *[PolicyError].
func (p Policy) Validate() error {
	for _, f := range []struct {
		name string
		d    time.Duration
	}{
		{"MinMissingAge", p.MinMissingAge},
		{"MinResyncPeriod", p.MinResyncPeriod},
		{"CheckInterval", p.CheckInterval},
	} {
		if f.d < 0 || f.d > MaxPolicyDuration {
			return &PolicyError{f.name, fmt.Sprintf("%v is not from 0 to %v", f.d, MaxPolicyDuration)}
		}
		if f.d%time.Second != 0 {
			return &PolicyError{f.name, fmt.Sprintf("%v is not in whole seconds", f.d)}
		}
	}
	return nil
}

// WithDefaults returns the policy with every zero field replaced by what it means.
func (p Policy) WithDefaults() Policy {
	if p.MinMissingAge == 0 {
		p.MinMissingAge = DefaultMinMissingAge
	}
	if p.MinResyncPeriod == 0 {
		p.MinResyncPeriod = DefaultMinResyncPeriod
	}
	if p.CheckInterval == 0 {
		p.CheckInterval = DefaultCheckInterval
	}
	return p
}
