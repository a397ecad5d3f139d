"""Markup: a strict reader of XML 1.0 with namespaces (4.17).

It accepts no document type and keeps what it reads within limits. The standard
library has readers of XML too; this one refuses exactly what the specification
refuses, and says where.
"""

import re
from typing import Iterator, NoReturn

from endpoint import ascii_lower
from message import NOT_XML
from mistakes import mistake

MAX_OPEN = 16
MAX_ATTRIBUTES = 16
MAX_NAMESPACES = 128

SPACE = " \t\r\n"
_XML = "http://www.w3.org/XML/1998/namespace"
_XMLNS = "http://www.w3.org/2000/xmlns/"
_ENTITIES = {"lt": "<", "gt": ">", "amp": "&", "quot": '"', "apos": "'"}

_START = ("A-Z_a-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d"
          "\u037f-\u1fff\u200c\u200d\u2070-\u218f\u2c00-\u2fef\u3001-\ud7ff"
          "\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff")
_NCNAME = f"[{_START}][{_START}\\-.0-9\u00b7\u0300-\u036f\u203f\u2040]*"
_QNAME = re.compile(f"(?:({_NCNAME}):)?({_NCNAME})(?!:)")
_TARGET = re.compile(f"({_NCNAME})(?!:)")
_SPACES = re.compile("[ \t\n]+")
_EQUALS = re.compile("[ \t\n]*=[ \t\n]*")
_TEXT = re.compile("[^<]+")
_REFERENCE = re.compile("&(?:#([0-9]+)|#x([0-9A-Fa-f]+)|([A-Za-z]+));")
_DOCTYPE = re.compile(r"<!DOCTYPE[^\[>]*(?:\[[^\]]*\][ \t\n]*)?>")
_DECLARATION = re.compile(
    "<\\?xml[ \t\n]+version{0}{1}"
    "(?:[ \t\n]+encoding{0}{2})?(?:[ \t\n]+standalone{0}{3})?[ \t\n]*\\?>"
    .format("[ \t\n]*=[ \t\n]*", "(?:'1\\.0'|\"1\\.0\")",
            "(?:'([A-Za-z0-9._-]+)'|\"([A-Za-z0-9._-]+)\")",
            "(?:'(?:yes|no)'|\"(?:yes|no)\")"))


class Element:
    """An element: the attributes without prefix, and what is in it."""

    def __init__(self, prefix: str | None, name: str,
                 attributes: dict[str, str]) -> None:
        self.name = name if prefix is None else f"{prefix}:{name}"
        self.attributes = attributes
        self.children: list["Element"] = []
        self.texts: list[str] = []

    @property
    def text(self) -> str:
        """All text that stands directly in the element, joined."""
        return "".join(self.texts)


def parse(text: str, encoding: str) -> Element:
    """The root of a document; a ValueError says what is wrong, and where."""
    return _Parser(text, encoding).document()


class _Parser:
    def __init__(self, text: str, encoding: str) -> None:
        wrong = NOT_XML.search(text)
        self.text = text.replace("\r\n", "\n").replace("\r", "\n")
        self.at = 0
        self.encoding = encoding
        if wrong is not None:
            self.fail(f"character U+{ord(wrong.group()):04X}")
        # The namespaces that are in scope: one dict for each open element.
        self.namespaces: list[dict[str, str]] = []

    def fail(self, why: str) -> NoReturn:
        line = self.text.count("\n", 0, self.at) + 1
        raise ValueError(f"{why} in line {line}, at character {self.at}")

    def sees(self, token: str) -> bool:
        """Take in a token, if it is next."""
        if not self.text.startswith(token, self.at):
            return False
        self.at += len(token)
        return True

    def take(self, pattern: re.Pattern[str], what: str) -> re.Match[str]:
        match = pattern.match(self.text, self.at)
        if match is None:
            self.fail(f"no {what}")
        self.at = match.end()
        return match

    def skip_space(self) -> bool:
        match = _SPACES.match(self.text, self.at)
        if match is not None:
            self.at = match.end()
        return match is not None

    def until(self, token: str) -> str:
        """Everything to a token, which is taken in too."""
        end = self.text.find(token, self.at)
        if end < 0:
            self.fail(f"no {token} to the end")
        start, self.at = self.at, end + len(token)
        return self.text[start:end]

    def document(self) -> Element:
        self.declaration()
        self.between()
        if mistake("msg-doctype-accepted"):
            match = _DOCTYPE.match(self.text, self.at)
            self.at = match.end() if match else self.at
            self.between()
        # A document type is no start tag, and so it is refused here.
        if not self.sees("<"):
            self.fail("no root element")
        root = self.element()
        self.between()
        if self.at != len(self.text):
            self.fail("something after the root element")
        return root

    def declaration(self) -> None:
        if not re.match("<\\?xml[ \t\n?]", self.text):
            return
        match = self.take(_DECLARATION, "good XML declaration")
        encoding = match.group(1) or match.group(2)
        if encoding and ascii_lower(encoding) != self.encoding:
            self.fail(f"encoding {encoding}")

    def between(self) -> None:
        """White space, comments and processing instructions."""
        while self.skip_space() or self.comment() or self.instruction():
            pass

    def comment(self) -> bool:
        if not self.sees("<!--"):
            return False
        self.until("--")
        if not self.sees(">"):
            self.fail("-- in a comment")
        return True

    def instruction(self) -> bool:
        if not self.sees("<?"):
            return False
        target = self.take(_TARGET, "name").group(1)
        if ascii_lower(target) == "xml":
            self.fail("an XML declaration that is not at the beginning")
        if not self.sees("?>"):
            if not self.skip_space():
                self.fail("no white space after the name")
            self.until("?>")
        return True

    def element(self) -> Element:
        """The element whose tag begins here, behind its <."""
        if len(self.namespaces) == MAX_OPEN:
            self.fail("too many open elements")
        start = self.at
        prefix, name = self.take(_QNAME, "name").groups()
        tag = self.text[start:self.at]
        element = Element(prefix, name, self.attributes(prefix))
        if not self.sees("/>"):
            if not self.sees(">"):
                self.fail("no end of the tag")
            self.content(element)
            if not self.sees(tag):
                self.fail(f"no end tag of {tag}")
            self.skip_space()
            if not self.sees(">"):
                self.fail(f"no end tag of {tag}")
        self.namespaces.pop()
        return element

    def attributes(self, element_prefix: str | None) -> dict[str, str]:
        """The attributes of a tag; its namespaces come into scope."""
        found: dict[tuple[str | None, str], str] = {}
        while self.skip_space():
            if self.text.startswith((">", "/"), self.at):
                break
            key = self.take(_QNAME, "attribute").groups()
            self.take(_EQUALS, "=")
            quote = self.text[self.at:self.at + 1]
            if quote not in ("'", '"') or not self.sees(quote):
                self.fail("no quotation mark")
            raw = self.until(quote)
            if "<" in raw:
                self.fail("< in an attribute")
            value = self.resolve(re.sub("[\t\n]", " ", raw))
            if key in found:
                self.fail(f"{key[1]} twice")
            found[key] = value
            if len(found) > MAX_ATTRIBUTES:
                self.fail("too many attributes")
        self.declare(found)
        if element_prefix is not None:
            self.lookup(element_prefix)
        expanded = [(self.lookup(prefix), name) for prefix, name in found
                    if prefix not in (None, "xmlns")]
        if len(set(expanded)) != len(expanded):
            self.fail("an attribute twice")
        return {name: value for (prefix, name), value in found.items()
                if prefix is None}

    def declare(self, found: dict[tuple[str | None, str], str]) -> None:
        declared: dict[str, str] = {}
        for (prefix, name), value in found.items():
            if prefix == "xmlns":
                if name == "xmlns" or value == "":
                    self.fail(f"declaration of {name}")
                if (name == "xml") != (value == _XML):
                    self.fail(f"declaration of {name}")
                declared[name] = value
            elif prefix is None and name == "xmlns":
                if value == _XML:
                    self.fail("declaration of the default namespace")
                declared[""] = value
        if _XMLNS in declared.values():
            self.fail("declaration of the namespace of declarations")
        self.namespaces.append(declared)
        if sum(map(len, self.namespaces)) > MAX_NAMESPACES:
            self.fail("too many namespaces")

    def lookup(self, prefix: str) -> str:
        for declared in reversed(self.namespaces):
            if prefix in declared:
                return declared[prefix]
        if prefix != "xml":
            self.fail(f"prefix {prefix} is not declared")
        return _XML

    def content(self, element: Element) -> None:
        """What is in an element, to its end tag, whose </ is taken in."""
        while not self.sees("</"):
            if self.sees("<![CDATA["):
                element.texts.append(self.until("]]>"))
            elif self.comment() or self.instruction():
                pass
            elif self.sees("<"):
                element.children.append(self.element())
            else:
                raw = self.take(_TEXT, "end tag").group()
                if "]]>" in raw:
                    self.fail("]]> in text")
                element.texts.append(self.resolve(raw))

    def resolve(self, raw: str) -> str:
        """A text with its references resolved."""
        return "".join(self.pieces(raw)) if "&" in raw else raw

    def pieces(self, raw: str) -> Iterator[str]:
        at = 0
        while (start := raw.find("&", at)) >= 0:
            yield raw[at:start]
            match = _REFERENCE.match(raw, start)
            if match is None:
                self.fail("a bad reference")
            decimal, hexadecimal, name = match.groups()
            if name is None:
                yield self.character(decimal or hexadecimal,
                                     10 if decimal else 16)
            elif name in _ENTITIES:
                yield _ENTITIES[name]
            else:
                self.fail(f"entity {name}")
            at = match.end()
        yield raw[at:]

    def character(self, digits: str, base: int) -> str:
        digits = digits.lstrip("0")
        number = int(digits, base) if 0 < len(digits) <= 7 else -1
        if not 0 <= number <= 0x10FFFF or NOT_XML.match(chr(number)):
            self.fail("a reference to no character")
        return chr(number)
