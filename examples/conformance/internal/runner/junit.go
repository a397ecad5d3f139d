package runner

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"time"
)

type junitSuites struct {
	XMLName  xml.Name     `xml:"testsuites"`
	Name     string       `xml:"name,attr"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Errors   int          `xml:"errors,attr"`
	Skipped  int          `xml:"skipped,attr"`
	Suites   []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Errors   int         `xml:"errors,attr"`
	Skipped  int         `xml:"skipped,attr"`
	Time     string      `xml:"time,attr"`
	Cases    []junitCase `xml:"testcase"`

	elapsed time.Duration
}

type junitCase struct {
	Class   string      `xml:"classname,attr"`
	Name    string      `xml:"name,attr"`
	Time    string      `xml:"time,attr"`
	Failure *junitWhy   `xml:"failure"`
	Error   *junitWhy   `xml:"error"`
	Skipped *junitWhy   `xml:"skipped"`
	Stderr  *junitPlain `xml:"system-err"`
}

type junitWhy struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr,omitempty"`
	Text    string `xml:",chardata"`
}

type junitPlain struct {
	Text string `xml:",chardata"`
}

// WriteJUnit writes the report as JUnit XML: a suite for each topic, a case for
// each vector with its rule as the class, and a suite "run" for what belongs
// to no vector. Wrong answers are failures, misdeeds are errors; declared
// differences, expected failures and what was not asked are skipped.
func (r *Report) WriteJUnit(w io.Writer) error {
	all := junitSuites{Name: strings.TrimSpace("conformance of " + r.Subject.Name + " " + r.Subject.Version)}
	var suites []*junitSuite
	for i := range r.Results {
		res := &r.Results[i]
		if n := len(suites); n == 0 || suites[n-1].Name != res.Vector.Topic {
			suites = append(suites, &junitSuite{Name: res.Vector.Topic})
		}
		suites[len(suites)-1].add(res.junit(), res.Elapsed)
	}
	if len(r.Faults)+len(r.GivenUp) > 0 {
		s := &junitSuite{Name: "run"}
		for _, f := range r.Faults {
			s.add(junitCase{
				Class: "run", Name: string(f.Misdeed.Kind),
				Error: &junitWhy{Message: f.Misdeed.Detail, Type: string(f.Misdeed.Kind), Text: "after " + f.Last}, Stderr: plain(f.Misdeed.Stderr),
			}, 0)
		}
		for _, why := range r.GivenUp {
			s.add(junitCase{Class: "run", Name: "given_up", Error: &junitWhy{Message: why, Type: "given_up"}}, 0)
		}
		suites = append(suites, s)
	}
	for _, s := range suites {
		s.Time = seconds(s.elapsed)
		all.Suites = append(all.Suites, *s)
		all.Tests += s.Tests
		all.Failures += s.Failures
		all.Errors += s.Errors
		all.Skipped += s.Skipped
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	enc := xml.NewEncoder(w)
	enc.Indent("", " ")
	if err := enc.Encode(all); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

// add adds a case to a suite.
func (s *junitSuite) add(c junitCase, elapsed time.Duration) {
	c.Time = seconds(elapsed)
	s.elapsed += elapsed
	s.Tests++
	if c.Failure != nil {
		s.Failures++
	}
	if c.Error != nil {
		s.Errors++
	}
	if c.Skipped != nil {
		s.Skipped++
	}
	s.Cases = append(s.Cases, c)
}

// junit is the case of a result.
func (r *Result) junit() junitCase {
	c := junitCase{Class: r.Vector.Topic + "." + r.Vector.Rule, Name: r.Vector.ID}
	switch r.Outcome {
	case Passed:
	case Failed:
		why := &junitWhy{Message: r.remark(), Text: "\n" + r.text()}
		if r.Misdeed == nil {
			c.Failure = why
			break
		}
		why.Type = string(r.Misdeed.Kind)
		c.Error, c.Stderr = why, plain(r.Misdeed.Stderr)
	case Declared, Expected:
		c.Skipped = &junitWhy{Message: fmt.Sprintf("%s: %s", r.Outcome, r.remark())}
	case NotAsked:
		c.Skipped = &junitWhy{Message: fmt.Sprintf("%s: %s", r.Outcome, r.Why)}
	}
	return c
}

// plain is a text element, nil for no text.
func plain(text string) *junitPlain {
	if text == "" {
		return nil
	}
	return &junitPlain{text}
}

// seconds writes a duration as JUnit has it.
func seconds(d time.Duration) string { return fmt.Sprintf("%.6f", d.Seconds()) }
