// Package site models the site server of Configuration Manager 2007 for state
// messages: what it does with the reports of clients, what it keeps of them, and
// how it answers what is Required, Not Required, Installed and Unknown.
package site
