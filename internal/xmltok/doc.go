// Package xmltok is a strict XML pull tokenizer for what comes from a
// network: state message reports, update metadata and SOAP.
//
// It reads one document that is held in memory as a byte slice and gives
// start tags, end tags and character data, one per call of
// [Tokenizer.Next]. Names and values are slices into the document wherever
// that is possible, so that a document costs no allocation per token.
//
// # What is accepted
//
// A document of Extensible Markup Language 1.0 (fifth edition) with
// Namespaces in XML 1.0, in UTF-8, without a document type declaration:
//
//  1. One byte order mark may come first.
//  2. An XML declaration may come next and nowhere else. Its version must
//     be 1.0. Its encoding, if given, must be UTF-8, in any case of letters;
//     if [Limits.FromUTF16] is set it must be UTF-16 instead.
//  3. There is exactly one root element. In a list of fragments there are
//     any number of root elements, none included. Outside of root elements
//     there are white space, comments and processing instructions only.
//  4. Every element is closed by an end tag with the same qualified name,
//     or closes itself.
//  5. No element has two attributes of one expanded name (namespace name and
//     local name). Attributes are set apart by white space, and their values
//     are quoted and hold no "<".
//  6. A name is at most one prefix, a colon and a local name. Each prefix is
//     declared, unless [Limits.LaxPrefixes] is set. The prefix xml is
//     declared from the start; xml and xmlns cannot be bound otherwise, and
//     a prefix cannot be bound to the empty name.
//  7. A reference is one of &lt; &gt; &amp; &quot; &apos; or the number of a
//     character which XML allows, in decimal or after x in hexadecimal.
//  8. Each character is one that XML allows: no control characters but tab,
//     line feed and carriage return, neither U+FFFE nor U+FFFF, and no
//     malformed UTF-8. This holds in comments and processing instructions
//     too.
//  9. "]]>" stands only at the end of a CDATA section, "--" only at the ends
//     of a comment.
//  10. The bounds of [Limits] are kept.
//
// Everything else is refused with an [*Error] that says where: DOCTYPE in
// any form above all, and with it entities of any other kind. Nothing
// outside of the document is ever read, and what a reference stands for is
// never longer than the reference.
//
// # What is delivered
//
// Comments and processing instructions are checked and dropped; the text
// on both sides of one comes as two Text tokens. A CDATA section is a Text
// token of its own. An empty run of text gives no token. White space between
// elements is text like any other; only outside of root elements it is
// dropped.
//
// In character data a carriage return, alone or before a line feed, becomes
// a line feed. In an attribute value a tab, a line feed, or such a line end
// becomes one space. Characters given by number stay as they are in both.
//
// # What is left out
//
// There are no document types, no validation, no xml:space or xml:base, no
// writing. Encodings other than UTF-8 are the caller's: [DecodeUTF16] converts
// from the one that reports are sent in.
package xmltok
