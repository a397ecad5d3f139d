// Bench compares the library with what somebody would use instead, side by side
// in one run, and prints the ratios.
//
// Usage:
//
//	go run ./examples/bench [-json] [-run REGEXP] [-time 200ms] [-rounds 5] [-catalog ZIP]
//		[-clients 1000] [-rows 1000000]
//
// First it makes sure that the entries of a group agree on the result. Then
// they run in turn, in several rounds, each round beginning with another one,
// and the median of each entry is taken: on a busy machine times move and
// ratios hold. A ratio below 1.3 is no difference. Nothing here fails by time.
//
// The groups of the site and of the agent's commits write to databases in the
// folder for temporary files, and to PostgreSQL where the environment variable
// UPDATESCAN_PG names a server; without one they say that it was not measured.
// They print for each of their goals: what it is, our number, the peer's, the
// ratio, the target, and whether it was met. With -rows 10000000 the weekly delta
// meets a database of full size, which takes some minutes and 2 GB for each.
//
// The exit code is 0; or 1 when entries disagree or a benchmark fails, which is
// named; or 2 for bad flags and files.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// entry is one way of doing what its group is about.
type entry struct {
	name string
	// per is how many things one operation handles; times are divided by it.
	per int
	run func(b *testing.B)
	// metric, if not empty, is the metric that the benchmark reports and that
	// counts in place of the time.
	metric string
	// ours marks the library's own way; the others are peers.
	ours bool
}

// group is one comparison.
type group struct {
	name string
	unit string
	// note says what the comparison does not tell.
	note    string
	target  string
	entries []entry
	// check says in what the entries disagree; nil when there is nothing to
	// compare.
	check func() error
	// goals are what entries should reach.
	goals []goal
	// skip says why the group cannot be measured; empty when it can.
	skip string
	// rounds, if not 0, is the most rounds.
	rounds int
	// open, if not nil, makes ready what the entries share, and shut, if not nil,
	// cleans up after it, and after an open that failed.
	open func() error
	shut func()
}

// result is one measured entry.
type result struct {
	Group  string  `json:"group"`
	Name   string  `json:"name"`
	Ours   bool    `json:"ours"`
	NS     float64 `json:"ns"` // the median of the rounds; no time if Metric is set
	Min    float64 `json:"min_ns"`
	Unit   string  `json:"unit"`
	Allocs int64   `json:"allocs_per_op"`
	Bytes  int64   `json:"bytes_per_op"`
	// Ratio is this time divided by the first of ours in the group.
	Ratio  float64 `json:"ratio_to_ours"`
	Metric string  `json:"metric,omitzero"` // what was measured in place of time
	// Also is what else the benchmark reported, in its last round.
	Also   map[string]float64 `json:"also,omitempty"`
	Target string             `json:"target,omitempty"`
	Note   string             `json:"note,omitempty"`
}

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

func run(args []string, stdout, stderr io.Writer) int {
	fs := flag.NewFlagSet("bench", flag.ContinueOnError)
	fs.SetOutput(stderr)
	asJSON := fs.Bool("json", false, "print one JSON object")
	pattern := fs.String("run", "", "groups to run, a regular expression `REGEXP`")
	length := fs.Duration("time", 200*time.Millisecond, "time for each entry and round, a `DURATION`")
	rounds := fs.Int("rounds", 5, "`N` rounds; the median is taken")
	catalog := fs.String("catalog", "", "`ZIP` of packages to parse and evaluate instead of generated ones")
	var size sizes
	fs.IntVar(&size.clients, "clients", 1000, "`N` clients whose reports a site takes in")
	fs.IntVar(&size.rows, "rows", 1_000_000, "`N` rows in the database that takes weekly deltas")
	if err := fs.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return 0
		}
		return 2
	}
	re, err := regexp.Compile(*pattern)
	if err == nil && fs.NArg() > 0 {
		err = fmt.Errorf("argument %q: want flags only", fs.Arg(0))
	}
	if err == nil && (*rounds < 1 || *length <= 0) {
		err = fmt.Errorf("-rounds %d, -time %v: want positive numbers", *rounds, *length)
	}
	if err == nil && (size.clients < 1 || size.rows < deltaUpdates) {
		err = fmt.Errorf("-clients %d, -rows %d: want 1 and %d at least", size.clients, size.rows, deltaUpdates)
	}
	var groups []group
	if err == nil {
		groups, err = allGroups(*catalog, size)
	}
	if err != nil {
		fmt.Fprintln(stderr, "bench:", err)
		return 2
	}
	testing.Init()
	if err := flag.Set("test.benchtime", length.String()); err != nil {
		fmt.Fprintln(stderr, "bench:", err)
		return 1
	}
	groups = slices.DeleteFunc(groups, func(g group) bool { return !re.MatchString(g.name) })
	if len(groups) == 0 {
		fmt.Fprintf(stderr, "bench: -run %q: no group has such a name\n", *pattern)
		return 2
	}
	if err := play(groups, *rounds, *asJSON, stdout); err != nil {
		fmt.Fprintln(stderr, "bench:", err)
		return 1
	}
	return 0
}

// play checks and measures groups, and prints what it finds.
func play(groups []group, rounds int, asJSON bool, stdout io.Writer) error {
	var all []result
	var verdicts []verdict
	for i := range groups {
		g := &groups[i]
		results, err := g.play(rounds)
		if err != nil {
			return err
		}
		judged := g.judge(results)
		all, verdicts = append(all, results...), append(verdicts, judged...)
		if !asJSON {
			printGroup(stdout, g, results, judged)
		}
	}
	if !asJSON {
		return nil
	}
	enc := json.NewEncoder(stdout)
	enc.SetIndent("", "  ")
	return enc.Encode(map[string]any{
		"go": runtime.Version(), "goarch": runtime.GOARCH, "cpus": runtime.NumCPU(), "results": all, "goals": verdicts,
	})
}

// play checks and measures a group.
func (g *group) play(rounds int) ([]result, error) {
	if g.skip != "" {
		return nil, nil
	}
	if g.check != nil {
		if err := g.check(); err != nil {
			return nil, fmt.Errorf("%s: the entries disagree: %w", g.name, err)
		}
	}
	if g.shut != nil {
		defer g.shut()
	}
	if g.open != nil {
		if err := g.open(); err != nil {
			return nil, fmt.Errorf("%s: %w", g.name, err)
		}
	}
	if g.rounds != 0 {
		rounds = min(rounds, g.rounds)
	}
	return measure(g, rounds)
}

// allGroups returns every comparison.
func allGroups(catalog string, size sizes) ([]group, error) {
	md, err := metadataGroups(catalog)
	if err != nil {
		return nil, err
	}
	groups := []group{ttlGroup(), cacheGroup(), machineGroup()}
	groups = append(groups, diffGroups()...)
	reports, err := reportGroups()
	if err != nil {
		return nil, err
	}
	return slices.Concat(groups, reports, md, siteGroups(size)), nil
}

// measure runs the entries of a group in turn.
func measure(g *group, rounds int) ([]result, error) {
	times := make([][]float64, len(g.entries))
	results := make([]result, len(g.entries))
	for round := range rounds {
		for k := range g.entries {
			i := (round + k) % len(g.entries)
			e := g.entries[i]
			failure = nil
			r := testing.Benchmark(e.run)
			if failure != nil || r.N == 0 || r.T <= 0 {
				if failure == nil {
					failure = errors.New("the benchmark failed")
				}
				return nil, fmt.Errorf("%s: %s: %w", g.name, e.name, failure)
			}
			value := float64(r.T.Nanoseconds()) / float64(r.N) / float64(max(e.per, 1))
			if e.metric != "" {
				value = r.Extra[e.metric]
				delete(r.Extra, e.metric)
			}
			times[i] = append(times[i], value)
			results[i] = result{
				Group: g.name, Name: e.name, Ours: e.ours, Unit: g.unit, Allocs: r.AllocsPerOp(), Bytes: r.AllocedBytesPerOp(),
				Target: g.target, Note: g.note, Metric: e.metric, Also: r.Extra,
			}
		}
	}
	base := 0.0
	for i := range results {
		slices.Sort(times[i])
		results[i].NS, results[i].Min = times[i][len(times[i])/2], times[i][0]
		if results[i].Ours && base == 0 {
			base = results[i].NS
		}
	}
	for i := range results {
		results[i].Ratio = results[i].NS / base
	}
	return results, nil
}

// failure is why the benchmark that runs has failed; testing.Benchmark does not
// tell.
var failure error

// fail ends a benchmark if there is an error.
func fail(b *testing.B, err error) {
	if err != nil {
		failure = err
		b.FailNow()
	}
}

// printGroup prints a comparison as a table.
func printGroup(w io.Writer, g *group, results []result, judged []verdict) {
	fmt.Fprintf(w, "%s (%s)\n", g.name, g.unit)
	if g.target != "" {
		fmt.Fprintf(w, "  target: %s\n", g.target)
	}
	for _, r := range results {
		mark := " "
		if r.Ours {
			mark = "*"
		}
		value := number(r.NS)
		if r.Metric != "" {
			value = thousands(r.NS, 1)
		}
		fmt.Fprintf(w, "  %s %-44s %14s %10.1fx %8d allocs/op", mark, r.Name, value, r.Ratio, r.Allocs)
		for _, unit := range slices.Sorted(maps.Keys(r.Also)) {
			fmt.Fprintf(w, ", %.1f %s", r.Also[unit], unit)
		}
		fmt.Fprintln(w)
	}
	for i := range judged {
		judged[i].print(w)
	}
	if g.note != "" {
		fmt.Fprintf(w, "  note: %s\n", g.note)
	}
	fmt.Fprintln(w)
}

// number writes a time in nanoseconds.
func number(ns float64) string { return thousands(ns, 1) + " ns" }

// thousands writes a number with so many decimals.
func thousands(n float64, decimals int) string {
	s := strconv.FormatFloat(n, 'f', decimals, 64)
	whole, frac, _ := strings.Cut(s, ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if decimals == 0 {
		return whole
	}
	return whole + "." + frac
}
