"""The update agent: which calls a retrieval makes (chapter 8)."""

import copy
from typing import Any, Callable
from urllib.parse import urljoin, urlsplit

import endpoint
import wire_cache
from mistakes import mistake
from wire_cache import Cache, Revision, name
from wire_server import Failed, Fault, Server

DEFAULT_SERVICE = "SimpleAuthWebService/SimpleAuth.asmx"
CATEGORIES_AGENT = "1.7"
CATEGORIES_SERVER = "3.2"
REFRESH_UPDATES = 200
DEFAULT_EXTENDED = 50
MAX_EXTENDED = 1000

TOO_MANY_TRIPS = 0x80244010
NO_AUTHORIZATION = 0x80244028
ELSEWHERE = 0x80244027
BAD_METADATA = 0x8024400A
OTHER_FAULT = 0x80244007

# Table 8.5: the codes of faults that were not recovered from.
FAULT_CODES = {
    "InvalidCookie": 0x80244015,
    "ServerChanged": 0x80244015,
    "RegistrationNotRequired": 0x80244026,
    "InternalServerError": 0x8024400E,
    "ServerBusy": 0x8024F004,
    "FileLocationChanged": 0x80244025,
    "FileLocationsChanged": 0x80244025,
}

Json = dict[str, Any]


def at_least(version: str, least: str) -> bool:
    """Whether a version, of two numbers, is this one or a later one."""
    if mistake("wire-versions-as-texts"):
        return version >= least
    first, second = (tuple(map(int, text.split(".")))
                     for text in (version, least))
    return first >= second


class Config:
    """What the agent is told."""

    def __init__(self, value: Json) -> None:
        self.url = value.get("url", "http://wsus.example.test:8530")
        self.version = value.get("version", "1.8")
        self.max_trips = value.get("max_trips", 200)
        self.max_installed = value.get("max_installed", 400)
        self.drivers = value.get("drivers", False)
        self.categories = value.get("categories", [])

    @property
    def is_http(self) -> bool:
        return endpoint.ascii_lower(self.url).startswith("http:")


class Retrieval:
    """What is forgotten at the end of a retrieval (8.1)."""

    def __init__(self) -> None:
        self.trips = 0
        self.recovered: set[str] = set()
        self.unwanted = False
        self.resync = False
        self.filter: list[str] | None = None


class Agent:
    """What the agent keeps of a server (8.1), and what it does."""

    def __init__(self, config: Config, server: Server) -> None:
        self.told = config
        self.server = server
        self.config: Json | None = None
        self.auth: str | None = None
        self.cookie: str | None = None
        self.old_cookie: str | None = None
        self.registered = False
        self.refresh = False
        self.cache = Cache()
        self.now = Retrieval()
        self.completed = False  # for planted mistakes only

    def restart(self) -> None:
        """The process ends and begins again (8.6)."""
        self.auth = self.old_cookie = None
        self.cache.forget_older()
        if mistake("wire-restart-forgets-cache"):
            self.cache = Cache()
        if mistake("wire-restart-forgets-cookie"):
            self.cookie = None
        if mistake("wire-restart-forgets-refresh"):
            self.refresh = False

    # What is missing (8.2)

    def prepare(self) -> None:
        """Do what is missing, as long as there is something."""
        while missing := self.missing():
            try:
                missing()
            except Fault as fault:
                self.recover(str(fault))

    def missing(self) -> Callable[[], None] | None:
        """The first that is missing."""
        if self.config is None:
            return self.get_config
        if self.cookie is None and self.auth is None:
            return self.get_authorization_cookie
        if self.cookie is None:
            return self.get_cookie
        if self.refresh:
            return self.refresh_cache
        if self.wants_registration():
            return self.register_computer
        return None

    def wants_registration(self) -> bool:
        assert self.config is not None
        return (self.config["registration"] and not self.now.unwanted
                and not self.registered)

    def get_config(self) -> None:
        self.config = self.server.call("get_config",
                                       version=self.told.version)

    def get_authorization_cookie(self) -> None:
        answer = self.server.call("get_authorization_cookie",
                                  url=self.service())
        if not answer["cookie"]:
            raise Failed(NO_AUTHORIZATION)
        self.auth = answer["cookie"]

    def service(self) -> str:
        """The URL of the authorization service, which is the server's."""
        assert self.config is not None
        root = place(self.told.url)
        path = self.config["service_url"] or DEFAULT_SERVICE
        base = root + "/"
        if mistake("wire-service-beside-client"):
            base += "ClientWebService/client.asmx"
        url = urljoin(base, path)
        if endpoint.parse(place(url)) != endpoint.parse(root):  # WF-4
            if not mistake("wire-foreign-service-asked"):
                raise Failed(ELSEWHERE)
        return url

    def get_cookie(self) -> None:
        assert self.config is not None
        answer = self.server.call("get_cookie", auth=self.auth,
                                  old_cookie=self.old_cookie,
                                  last_change=self.config["last_change"])
        self.cookie, self.old_cookie = answer["cookie"], None

    def refresh_cache(self) -> None:
        named = self.cache.pairs()
        rows: list[Json] = []
        for first in range(0, len(named), REFRESH_UPDATES):
            part = named[first:first + REFRESH_UPDATES]
            answer = self.server.call("refresh_cache", cookie=self.cookie,
                                      updates=[name(*one) for one in part])
            rows += answer["rows"] or []
        self.cache.renumber(rows)
        self.refresh = False
        self.cache.find_installed()

    def register_computer(self) -> None:
        self.server.call("register_computer", cookie=self.cookie)
        self.registered = True

    # Calls and faults (8.5)

    def call(self, op: str, names: Callable[[], Json | None]) -> Json | None:
        """Call when nothing is missing, and again after a recovery.

        What the call names is found out each time; None says that the call
        is not wanted, and is returned then.
        """
        while True:
            self.prepare()
            wanted = names()
            if wanted is None:
                return None
            try:
                return self.server.call(op, **wanted)
            except Fault as fault:
                self.recover(str(fault))

    def recover(self, fault: str) -> None:
        """Do what a fault asks for, or fail."""
        if fault in self.now.recovered or not self.can_recover(fault):
            if mistake("wire-one-code-for-faults"):
                raise Failed(OTHER_FAULT)
            raise Failed(FAULT_CODES.get(fault, OTHER_FAULT))
        self.now.recovered.add(fault)
        if mistake("wire-recovers-for-ever") and len(self.server.calls) < 99:
            self.now.recovered.clear()
        if fault in ("InvalidCookie", "ServerChanged"):
            self.forget_handshake()
            self.refresh = not mistake("wire-no-refresh")
            self.now.resync = not mistake("wire-no-resync")
        elif fault == "ConfigChanged":
            self.forget_handshake()
            if mistake("wire-refresh-after-configuration"):
                self.refresh = True
        elif fault == "CookieExpired":
            if not mistake("wire-old-cookie-not-shown"):
                self.old_cookie = self.cookie
            if not mistake("wire-old-authorization-used"):
                self.auth = None
            self.cookie = None
        elif fault == "InvalidAuthorizationCookie":
            self.auth = self.cookie = None
        elif fault == "RegistrationRequired":
            assert self.config is not None
            self.config["registration"] = True
            self.registered = self.now.unwanted = False
        elif fault == "RegistrationNotRequired":
            self.now.unwanted = not mistake("wire-registers-unwanted")

    def can_recover(self, fault: str) -> bool:
        """Whether anything can be done about a fault."""
        if fault == "RegistrationRequired":
            if mistake("wire-registration-not-asked"):
                return False
            return self.config is not None
        if fault in ("ServerBusy", "InternalServerError"):
            return mistake("wire-busy-asked-again")
        return fault in ("InvalidCookie", "ServerChanged", "ConfigChanged",
                         "CookieExpired", "InvalidAuthorizationCookie",
                         "RegistrationNotRequired")

    def forget_handshake(self) -> None:
        self.config = self.auth = self.cookie = self.old_cookie = None

    # The loop (8.3)

    def retrieve(self) -> list[Revision]:
        """Retrieve once; the result, or Failed is raised."""
        self.now = Retrieval()
        if mistake("wire-registers-each-time"):
            self.registered = False
        if self.completed and mistake("wire-second-from-cache"):
            return self.cache.highest()
        if self.completed and mistake("wire-second-anew"):
            self.cache = Cache()
        before = copy.deepcopy(self.cache)
        try:
            self.loop()
        except Failed:
            if mistake("wire-failure-forgets"):
                self.cache = before
            raise
        self.completed = True
        return self.cache.highest()

    def loop(self) -> None:
        """Items 1 to 12."""
        while True:
            self.now.resync = False
            self.cache.find_installed()
            last = self.software()
            if self.told.drivers and self.needs_drivers(last):
                self.take_in(self.sync_updates("drivers"))
            self.extended()
            if not self.now.resync:
                return

    def needs_drivers(self, last: Json) -> bool:
        """Whether the last answer leaves the driver pass to be made."""
        if mistake("wire-driver-pass-always"):
            return True
        return not last["drivers_not_needed"]

    def software(self) -> Json:
        """The software pass, items 2 to 9; the last answer of it."""
        while True:
            answer = self.sync_updates("software")
            unknown, shifted = self.take_in(answer)
            if mistake("wire-shift-ignored"):
                shifted = False
            if mistake("wire-stops-without-new") and not answer["new"]:
                shifted = False
            prerequisites = any(not one["leaf"] for one in answer["new"])
            if mistake("wire-stops-when-not-truncated"):
                prerequisites = False
            if not (answer["truncated"] or prerequisites or shifted):
                return answer
            if unknown or shifted or mistake("wire-goes-on-without-new"):
                continue
            if answer["truncated"]:
                if not mistake("wire-truncated-for-ever-is-done"):
                    raise Failed(TOO_MANY_TRIPS)
            return answer

    def sync_updates(self, kind: str) -> Json:
        """Items 2 to 5, or what of them is for the driver pass."""
        most = self.told.max_trips + mistake("wire-one-trip-more")
        if self.now.trips >= most:
            raise Failed(TOO_MANY_TRIPS)
        while True:
            self.start_category_scan()
            count = len(self.cache.installed())
            count += mistake("wire-installed-limit-exclusive")
            if count > self.told.max_installed:
                raise Failed(OTHER_FAULT)
            try:
                return self.server.call("sync_updates",
                                        **self.what_is_here(kind))
            except Fault as fault:
                self.recover(str(fault))

    def start_category_scan(self) -> None:
        """Item 3: what is missing, and the categories."""
        answer = self.call("start_category_scan", self.wanted_categories)
        if answer is None:
            return
        preferred = answer["preferred"]
        if preferred is None:
            preferred = self.told.categories
        if not preferred and answer["unknown"]:
            if not mistake("wire-unknown-categories-ignored"):
                raise Failed(OTHER_FAULT)
        self.now.filter = preferred

    def wanted_categories(self) -> Json | None:
        assert self.config is not None
        if not self.told.categories or self.now.filter is not None:
            return None
        if not at_least(self.told.version, CATEGORIES_AGENT):
            return None
        told = self.config["server_version"]
        if told is None or not at_least(told, CATEGORIES_SERVER):
            if not mistake("wire-category-scan-at-old-server"):
                return None
        return {"categories": self.told.categories}

    def what_is_here(self, kind: str) -> Json:
        """What a call of SyncUpdates names (item 5)."""
        known = self.cache.ordered()
        rest = [one for one in known if not one.installed]
        others = known if mistake("wire-named-twice") else rest
        if not mistake("wire-drivers-in-other"):
            others = [one for one in others if not one.is_driver]
        if mistake("wire-leaves-not-named"):
            others = [one for one in others if not one.leaf]
        other = [one.number for one in others]
        drivers = [one.number for one in rest if one.is_driver]
        if kind == "software":
            drivers = []
        elif not mistake("wire-driver-pass-names-other"):
            other = []
        return {"cookie": self.cookie, "pass": kind,
                "installed": self.cache.installed(), "other": other,
                "drivers": drivers, "filter": self.now.filter or []}

    def take_in(self, answer: Json) -> tuple[bool, bool]:
        """Items 6 and 7: whether a revision was unknown, and whether what
        is installed has shifted."""
        self.now.trips += 1
        self.answered()
        if answer["cookie"] and not mistake("wire-new-cookie-forgotten"):
            self.cookie = answer["cookie"]
        cache = self.cache
        before = set(cache.known)
        installed = set(cache.installed())
        leaves = list(answer["out_of_scope"])
        if mistake("wire-out-of-scope-kept"):
            leaves = []
        last = leaves if mistake("wire-out-of-scope-last") else []
        gone = [] if last else cache.remove(leaves)
        anew = any(not one.leaf for one in gone)
        for one in answer["changed"]:
            if one["id"] in cache and not mistake("wire-changed-ignored"):
                anew |= cache.change(one["id"], one["leaf"], one["action"])
        unknown = False
        came = set()
        for one in answer["new"]:
            if one["id"] in cache:
                anew |= cache.change(one["id"], one["leaf"], one["action"])
                continue
            if one.get("broken", False):
                raise Failed(BAD_METADATA)
            cache.add(wire_cache.parse(one))
            came.add(one["id"])
            anew |= not one["leaf"]
            unknown |= one["id"] not in before
        anew |= any(not one.leaf for one in cache.remove(last))
        if not anew:
            return unknown, False
        cache.find_installed()
        installed -= came
        return unknown, any(one.installed != (one.number in installed)
                            for one in cache.known.values())

    def extended(self) -> None:
        """Item 11."""
        while self.not_asked():
            answer = self.call("get_extended_update_info", self.not_told)
            if answer is None:
                return
            self.answered()
            for number in self.not_asked():
                self.cache.known[number].asked = True
            if not mistake("wire-extended-keeps-out-of-scope"):
                self.cache.remove(answer["out_of_scope"])

    def answered(self) -> None:
        """A call was answered: a cookie may expire once more."""
        if not mistake("wire-expired-once-in-a-retrieval"):
            self.now.recovered.discard("CookieExpired")

    def not_told(self) -> Json | None:
        """What a call of GetExtendedUpdateInfo names."""
        numbers = self.not_asked()
        return {"cookie": self.cookie, "ids": numbers} if numbers else None

    def not_asked(self) -> list[int]:
        """The numbers that the next call is for."""
        assert self.config is not None
        most = self.config["max_extended"] or DEFAULT_EXTENDED
        if mistake("wire-always-fifty"):
            most = DEFAULT_EXTENDED
        numbers = [one.number for one in self.cache.ordered()
                   if not one.asked and has_extended(one)]
        return numbers[:min(most, MAX_EXTENDED)]


def has_extended(one: Revision) -> bool:
    """Whether extended information is asked for of a revision."""
    if one.kind == "detectoid":
        return mistake("wire-extended-asks-detectoids")
    if one.action == "bundle":
        return mistake("wire-extended-asks-bundled")
    return True


def place(url: str) -> str:
    """A URL without its path: the server's root."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
