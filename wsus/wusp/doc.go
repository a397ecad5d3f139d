// Package wusp speaks MS-WUSP, the protocol between the update agent and
// Windows Server Update Services: SOAP 1.1 over HTTP.
//
// Its messages are the Request and Response types, one pair for each
// [Operation]. [AppendEnvelope], [DecodeRequest] and [DecodeResponse] are
// their codec. [Fault] is what a server answers instead.
package wusp
