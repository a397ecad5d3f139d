"""Reports: state messages as they leave (4.16, 4.17)."""

import base64
import re
from typing import Any, NamedTuple

import markup
import message
import times
from endpoint import ascii_lower
from markup import Element
from message import Message, is_text
from mistakes import mistake
from refusal import Refusal

MAX_BYTES = 67108864
MAX_MESSAGES = 100000
MAX_INT32 = 2**31 - 1

_GUID = re.compile("(?:GUID:)?"
                   "[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_NUMBER = re.compile("[0-9]{1,20}")
_SIGNED = re.compile("-?[0-9]{1,20}")
_ESCAPES = str.maketrans({
    "<": "&lt;", ">": "&gt;", "&": "&amp;", '"': "&quot;",
    "\t": "&#x9;", "\n": "&#xA;", "\r": "&#xD;"})


class Client(NamedTuple):
    """Who reports."""

    id: str
    version: str = ""
    netbios_name: str = ""
    code_page: int = 0
    lcid: int = 0

    def is_valid(self) -> bool:
        """Whether a report can be from this client."""
        return (_GUID.fullmatch(self.id) is not None
                and is_text(self.version, 256)
                and is_text(self.netbios_name, 256)
                and 0 <= self.code_page <= MAX_INT32
                and 0 <= self.lcid <= MAX_INT32)


class Report(NamedTuple):
    """A client, a date and messages."""

    client: Client
    date: int
    messages: list[Message]


def parse(inputs: dict[str, Any]) -> Report:
    """Read a report of a vector."""
    client = Client(**{name: inputs["client"][name] for name in Client._fields
                       if name in inputs["client"]})
    return Report(client, times.parse(inputs["date"]),
                  [message.parse(value) for value in inputs["messages"]])


# Writing (4.16)

def encode(report: Report) -> str:
    """The text of a report, without its byte-order mark."""
    if not report.messages:
        raise Refusal("no_messages")
    if not report.client.is_valid():
        raise Refusal("invalid_client")
    if not all(one.is_valid() for one in report.messages):
        raise Refusal("invalid_message")
    client = report.client
    return "".join((
        '<?xml version="1.0" encoding="UTF-16"?>',
        "<Report><ReportHeader><Identification><Machine>",
        "<ClientInstalled>1</ClientInstalled><ClientType>1</ClientType>",
        f"<ClientID>{_with_prefix(client.id)}</ClientID>",
        f"<ClientVersion>{_escape(client.version)}</ClientVersion>",
        f"<NetBIOSName>{_escape(client.netbios_name)}</NetBIOSName>",
        f"<CodePage>{client.code_page}</CodePage>",
        f"<SystemDefaultLCID>{client.lcid}</SystemDefaultLCID>",
        "</Machine></Identification>",
        "<ReportDetails><ReportContent>State Message Data</ReportContent>",
        "<ReportType>Full</ReportType>",
        f"<Date>{times.print_cim(report.date)}</Date>",
        "<Version>1.0</Version><Format>1.0</Format></ReportDetails>",
        "</ReportHeader><ReportBody>",
        *map(_encode_message, report.messages),
        "</ReportBody></Report>"))


def _with_prefix(client_id: str) -> str:
    return client_id if client_id.startswith("GUID:") else f"GUID:{client_id}"


def _escape(text: str) -> str:
    return text.translate(_ESCAPES)


def _encode_message(one: Message) -> str:
    serial = f' SerialNumber="{one.serial}"' if one.serial else ""
    criticality = 0 if mistake("msg-criticality-lost") else one.criticality
    return "".join((
        f'<StateMessage MessageTime="{times.print_cim(one.time)}"{serial}>',
        f'<Topic ID="{_escape(one.topic_id)}" Type="{one.topic_type}"',
        f' IDType="{one.id_type}"/>',
        f'<State ID="{one.state_id}" Criticality="{criticality}"/>',
        _encode_details(one.details),
        _encode_params(one.params),
        "</StateMessage>"))


def _encode_details(details: str) -> str:
    if not details:
        return ""
    if "\r" in details:  # which a CDATA section cannot keep
        text = _escape(details)
    else:
        inside = details.replace("]]>", "]]]]><![CDATA[>")
        text = f"<![CDATA[{inside}]]>"
    return f'<StateDetails Type="1">{text}</StateDetails>'


def _encode_params(params: tuple[str, ...]) -> str:
    if not params:
        return ""
    inside = "".join(f"<Param>{_escape(param)}</Param>" for param in params)
    return (f'<UserParameters Flags="0" Count="{len(params)}">{inside}'
            "</UserParameters>")


def answer_encode(inputs: dict[str, Any]) -> dict[str, Any]:
    """Operation report.encode."""
    return {"xml": encode(parse(inputs))}


def answer_bytes(inputs: dict[str, Any]) -> dict[str, Any]:
    """Operation report.bytes (MSG-9)."""
    text = encode(parse(inputs))
    if mistake("msg-utf8"):
        data = text.encode("utf-8")
    elif mistake("msg-no-byte-order-mark"):
        data = text.encode("utf-16-le")
    else:
        data = b"\xff\xfe" + text.encode("utf-16-le")
    return {"base64": base64.b64encode(data).decode("ascii")}


# Reading (4.17). Whatever is not accepted is a ValueError that says why;
# the numbers are those of the specification.

def decode(data: bytes) -> Report:
    """Read a report, whole or not at all (MSG-9)."""
    root = markup.parse(*_characters(data))
    if root.name != "Report":  # 12
        raise ValueError(f"root {root.name}")
    parts = _parts(root, {"ReportHeader": (1, 1), "ReportBody": (1, 1)})
    header, body = parts["ReportHeader"][0], parts["ReportBody"][0]
    _in_order(root, header, body)
    parts = _parts(header, {"Identification": (1, 1), "ReportDetails": (1, 1)})
    client = _decode_client(parts["Identification"][0])
    date = _decode_details(parts["ReportDetails"][0])
    parts = _parts(body, {"StateMessage": (1, MAX_MESSAGES)})
    return Report(client, date,
                  [_decode_message(one) for one in parts["StateMessage"]])


def _characters(data: bytes) -> tuple[str, str]:
    """The text of a report, and the encoding it may say it has."""
    if not 2 <= len(data) <= MAX_BYTES:  # 1
        raise ValueError(f"{len(data)} bytes")
    if data.startswith(b"\xff\xfe"):  # 2
        text, encoding = data[2:].decode("utf-16-le"), "utf-16"
    elif data.startswith(b"\xfe\xff"):
        text, encoding = data[2:].decode("utf-16-be"), "utf-16"
    elif 0 in data[:2]:  # 3
        raise ValueError("UTF-16 without a byte-order mark")
    else:  # 4
        text, encoding = data.decode("utf-8"), "utf-8"
    return text.removeprefix("\ufeff"), encoding  # 5


Times = tuple[int, int]
Parts = dict[str, list[Element]]
ONE: Times = (1, 1)
MAYBE: Times = (0, 1)


def _parts(parent: Element, known: dict[str, Times]) -> Parts:
    """The known elements in an element that holds elements (13 to 15)."""
    if parent.text.strip(markup.SPACE):
        raise ValueError(f"text in {parent.name}")
    found: Parts = {name: [] for name in known}
    for child in parent.children:
        if child.name in found:
            found[child.name].append(child)
    for name, (least, most) in known.items():
        if not least <= len(found[name]) <= most:
            raise ValueError(f"{name} {len(found[name])} times")
    return found


def _in_order(parent: Element, *elements: Element) -> None:
    """Refuse elements that do not stand in this order."""
    places = [parent.children.index(one) for one in elements]
    if places != sorted(places):
        raise ValueError(f"order in {parent.name}")


def _text(element: Element) -> str:
    """The text of an element that holds text (16)."""
    if element.children:
        raise ValueError(f"an element in {element.name}")
    return element.text


def _texts(parts: Parts, name: str, missing: str) -> str:
    """The text of an element that may be missing."""
    return _text(parts[name][0]) if parts[name] else missing


def _limited(text: str, most: int) -> str:
    if message.length(text) > most:  # 20
        raise ValueError(f"a text of {message.length(text)} bytes")
    return text


def _number(text: str, least: int, most: int) -> int:
    """A number in a range (19)."""
    pattern = _SIGNED if least < 0 else _NUMBER
    if not pattern.fullmatch(text) or not least <= int(text) <= most:
        raise ValueError(f"number {text!r}")
    return int(text)


def _time(text: str) -> int:
    time = times.parse_cim(text)
    if time == times.FIRST_TIME:
        raise ValueError("no time")
    return time


def _decode_client(identification: Element) -> Client:
    parts = _parts(identification, {"Machine": ONE})
    parts = _parts(parts["Machine"][0], {
        "ClientID": ONE, "ClientVersion": MAYBE, "NetBIOSName": MAYBE,
        "CodePage": MAYBE, "SystemDefaultLCID": MAYBE,
        "ClientInstalled": MAYBE, "ClientType": MAYBE})
    client_id = _text(parts["ClientID"][0])
    if not _GUID.fullmatch(client_id):
        raise ValueError(f"ClientID {client_id!r}")
    for name in ("ClientInstalled", "ClientType"):  # which are not kept
        _number(_texts(parts, name, "0"), 0, MAX_INT32)
    return Client(
        _with_prefix(client_id),
        _limited(_texts(parts, "ClientVersion", ""), 256),
        _limited(_texts(parts, "NetBIOSName", ""), 256),
        _number(_texts(parts, "CodePage", "0"), 0, MAX_INT32),
        _number(_texts(parts, "SystemDefaultLCID", "0"), 0, MAX_INT32))


def _decode_details(details: Element) -> int:
    """The date of a report."""
    parts = _parts(details, {"ReportContent": ONE, "ReportType": ONE,
                             "Date": ONE, "Version": MAYBE, "Format": MAYBE})
    if _text(parts["ReportContent"][0]) != "State Message Data":
        raise ValueError("ReportContent")
    if ascii_lower(_text(parts["ReportType"][0])) != "full":
        raise ValueError("ReportType")
    for name in ("Version", "Format"):
        if _texts(parts, name, "1.0") != "1.0":
            raise ValueError(name)
    return _time(_text(parts["Date"][0]))


def _decode_message(element: Element) -> Message:
    parts = _parts(element, {"Topic": ONE, "State": ONE, "StateDetails": MAYBE,
                             "UserParameters": MAYBE})
    topic, state = parts["Topic"][0], parts["State"][0]
    _in_order(element, topic, state)
    _in_order(element, topic, *parts["StateDetails"], *parts["UserParameters"])
    _parts(topic, {})
    _parts(state, {})
    topic_id = _limited(_attribute(topic, "ID"), 256)
    if topic_id == "":
        raise ValueError("an empty ID")
    params = [param for parameters in parts["UserParameters"]
              for param in _decode_params(parameters)]
    criticality = _number(_attribute(state, "Criticality", "0"),
                          -2**31, MAX_INT32)
    return Message(
        _number(_attribute(topic, "Type"), 1, 65535), topic_id,
        _number(_attribute(topic, "IDType", "0"), 0, 255),
        _number(_attribute(state, "ID"), 0, 65535),
        0 if mistake("msg-criticality-lost") else criticality,
        tuple(params), _limited(_texts(parts, "StateDetails", ""), 65536),
        _time(_attribute(element, "MessageTime")),
        _number(_attribute(element, "SerialNumber", "0"), 0,
                message.MAX_SERIAL))


def _attribute(element: Element, name: str, missing: str | None = None) -> str:
    """The value of an attribute (17)."""
    value = element.attributes.get(name, missing)
    if value is None:
        raise ValueError(f"no {name} of {element.name}")
    return value


def _decode_params(parameters: Element) -> list[str]:
    params = _parts(parameters, {"Param": (0, 5)})["Param"]
    if "Count" in parameters.attributes:
        count = _number(parameters.attributes["Count"], 0, MAX_INT32)
        if count != len(params) and not mistake("msg-count-ignored"):
            raise ValueError(f"Count {count}")
    return [_limited(_text(param), 2048) for param in params]


def answer_decode(inputs: dict[str, Any]) -> dict[str, Any]:
    """Operation report.decode."""
    try:
        report = decode(base64.b64decode(inputs["base64"], validate=True))
    except ValueError as error:  # decoding errors of bytes are of this kind
        raise Refusal("bad_report") from error
    return {"client": report.client._asdict(),
            "date": times.print_time(report.date),
            "messages": [one.to_json() for one in report.messages]}
