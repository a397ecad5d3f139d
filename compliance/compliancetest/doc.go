// Package compliancetest is a kit for testing code that compares compliance
// states, of package compliance or of your own.
package compliancetest
