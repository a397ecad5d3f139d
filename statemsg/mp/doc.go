// Package mp is a management point over HTTP: [Client], a [statemsg.Transport],
// and [Handler], an [http.Handler] that takes what clients send and hands it to
// a [Receiver], such as a site server.
//
// # What it is not
//
// It is this library's transport for the documented report, and not
// Microsoft's. A client of Configuration Manager 2007 hands its report to CCM
// messaging, which signs it, posts it to /ccm_system/request with a method of
// its own for the endpoint MP_RelayEndpoint, and gets no reply of the site.
// Nothing of that is here: such a client cannot talk to Handler, nor Client to
// a management point of Microsoft's. What both have in common is the report.
// Whoever has an implementation of CCM messaging plugs it in as a
// statemsg.Transport in the place of Client.
//
// # The exchange
//
// It is HTTP, of any version, over TLS. Words in capitals are meant as in
// RFC 2119. Paths are relative to where the management point is mounted.
//
//  1. A client sends one report a request: POST /statemsg/v1/report.
//     The body is the report in the wire form that package statemsg specifies,
//     once and whole.
//  2. Content-Type MUST be application/xml or text/xml. A parameter charset,
//     if there is one, MUST be utf-8, utf-16, utf-16le or utf-16be; it is not
//     looked at otherwise, since the report says by itself how it is encoded.
//  3. Content-Encoding MUST be absent, identity or gzip. With gzip the body is
//     compressed as a whole; it may have several members.
//  4. The client MUST show who it is: by a bearer token (RFC 6750, in the header
//     Authorization and nowhere else) or by a certificate of its own in the
//     handshake of TLS. What it may use is agreed upon beforehand.
//  5. The report's ClientID MUST be that of the client, letters of any case. The
//     management point believes the credential: it gives the site the id as the
//     credential has it.
//  6. 200 means that the site has the report, whole and durable (SITE-1). The
//     body is a JSON object with the member resync, the number of the resync
//     that the site asks this client for, 0 for none (SITE-4); the same number
//     is in the header Statemsg-Resync. Members with other names are to be
//     skipped. Any other answer, and no answer, means that the client has to
//     send the same report again, with the same serials (MSG-6); so does a 200
//     without such an object, which comes from somebody else.
//  7. What is refused has another status and as its body a JSON object with the
//     members error, a word of the table below, and detail, a sentence for
//     people. Nothing of a refused report is stored as state.
//  8. Answers of 429 and 503 have Retry-After in seconds. A client MUST NOT send
//     again before, MUST understand an HTTP date there too, and SHOULD wait up
//     to a quarter longer, by chance, so that not all come back at once.
//  9. A client MUST NOT follow a redirect: it would hand its credential on.
//
// These are the refusals. A report that got one of the statuses marked with an
// asterisk is refused because of what it is: it will be refused again, and a
// person should look at it, although it is still tried (MSG-7).
//
//	400 * bad_encoding           the body is not what Content-Encoding says
//	400 * bad_report             it is no report; detail has line and column (MSG-9)
//	400 * rejected               the site refuses it for good
//	400   incomplete             the body was cut off
//	401   unauthenticated        no valid credential; with WWW-Authenticate
//	403 * wrong_client           the ClientID is not that of the caller
//	404   not_found              the path is none of these
//	405   method_not_allowed     with Allow
//	408   timeout                the body came too slowly
//	413 * too_large              on the wire or after decompression
//	415 * unsupported_media_type Content-Type is another
//	415 * unsupported_encoding   Content-Encoding is another; with Accept-Encoding
//	429   too_many_requests      this client sends too often, or too much at once
//	500   internal               a fault of the management point
//	503   busy                   it has too much to do at present
//	503   unavailable            the site cannot store at present, or does not answer
//
// GET or HEAD /statemsg/v1/health answers 200 while the process lives;
// /statemsg/v1/ready answers 200 while it can take reports and else 503
// unavailable. Neither needs a credential, and neither tells anything else.
//
// # 403 and 401
//
// A report with somebody else's ClientID is refused with 403, and not with 401:
// the caller is known and another credential is not what is missing. It is not
// handed to the Reject hook either, so that nobody can store under another's
// name. 401 is no refusal of the report: the token may have run out, and the
// same report passes with the next one. So the client's error wraps
// [statemsg.ErrRejected] for 403 and [ErrUnauthenticated] for 401.
//
// # What it needs around it
//
// TLS ends at the http.Server, or in front of it for bearer tokens; mutual TLS
// has to reach the server. The handler bounds bytes, requests and the time of
// the receiver. That headers and bodies come within time is the business of the
// http.Server: see [NewServer]. How many connections there are, and how often
// somebody without credential may knock, is the business of what stands in
// front.
package mp
