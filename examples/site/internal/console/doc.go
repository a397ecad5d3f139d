// Package console is a console page for a site: server-rendered HTML of what a
// site.Reader answers, without scripts and without anything from elsewhere.
//
// What clients say is hostile until shown: names, topic ids, parameters and bodies go
// through html/template, which escapes them, and the pages come with a content
// security policy that lets nothing run. The pages change nothing and have no log-in:
// whoever serves them to others puts one in front.
//
// Every page says as of when its numbers are (SITE-10). State is told by text, beside
// colour; the pages are for light and dark, and for a phone.
package console
