// Package runner asks an implementation of the scan for software updates
// compliance the questions of the test vectors, and says which of its answers
// are wrong. The vectors and the protocol are specified in
// scan/scantest/vectors/README.md.
//
// [Load] reads vectors, [Run] asks them, and a [Report] is what came of it. The
// implementation is a [Subject]: [Command] launches one that is a program, and
// [InProcess] makes one of Go code in this process. [Ask] asks a single
// question, for tests that need no report.
//
// What a program does wrong besides wrong answers, from garbage to a hang, is
// a [SubjectError]. It fails the vector at which it happened; the program is
// killed and started again, and the run goes on.
package runner
