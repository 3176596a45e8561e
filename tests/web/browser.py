"""A browser without script: keeps its cookies, reads forms off pages and sends them back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookies import SimpleCookie
from urllib.parse import urlencode

from fedirec.community.attempts import Visitor
from fedirec.community.signing_in import start_session
from tests.web.home import Home, Seen


@dataclass(slots=True)
class FoundForm:
    """A form on a page: where it goes, what it holds, and what its button says."""

    action: str
    method: str
    fields: list[tuple[str, str]] = field(default_factory=list)
    required: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    button: str = ""

    def filled(self, changes: Mapping[str, str | Sequence[str] | None]) -> list[tuple[str, str]]:
        """Return its fields with `changes`; None leaves a field out, a list sends it often."""
        unknown = changes.keys() - self.names
        assert not unknown, f"the form has no {unknown}, but {self.names}"
        sent = [pair for pair in self.fields if pair[0] not in changes]
        for name, given in changes.items():
            each = [given] if isinstance(given, str) else given or []
            sent.extend((name, text) for text in each)
        return sent


class _Forms(HTMLParser):
    """Reads what a browser would send: nothing of it needs script."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self.path = path
        self.forms: list[FoundForm] = []
        self._form: FoundForm | None = None
        self._area: str | None = None
        self._select: str | None = None
        self._is_button = False
        self._text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: text or "" for name, text in attrs}
        if tag == "form":
            action = said.get("action") or self.path
            self._form = FoundForm(action=action, method=said.get("method", "get").lower())
            self.forms.append(self._form)
        elif self._form is not None and tag in {"input", "textarea", "select", "option", "button"}:
            self._control(self._form, tag, said)

    def _control(self, form: FoundForm, tag: str, said: Mapping[str, str]) -> None:
        name = said.get("name")
        form.names.update(() if name is None else (name,))
        form.required.update((name,) if name is not None and "required" in said else ())
        if tag == "input" and name is not None:
            if said.get("type") not in {"checkbox", "radio"} or "checked" in said:
                form.fields.append((name, said.get("value", "")))
        elif tag == "textarea":
            self._area, self._text = name, []
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select is not None and "selected" in said:
            form.fields.append((self._select, said.get("value", "")))
        elif tag == "button":
            self._is_button = True

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea" and self._form is not None and self._area is not None:
            text = "".join(self._text).removeprefix("\n").removeprefix("\r\n")
            self._form.fields.append((self._area, text))
            self._area = None
        elif tag == "select":
            self._select = None
        elif tag == "button":
            self._is_button = False
        elif tag == "form":
            self._form = None

    def handle_data(self, data: str) -> None:
        if self._area is not None:
            self._text.append(data)
        elif self._is_button and self._form is not None:
            self._form.button = (self._form.button + data).strip()


class Browser:
    """One browser at an instance's door. `pages` are the paths it asked for, in order."""

    def __init__(self, home: Home, *, language: str = "en") -> None:
        self.home = home
        self.cookies: dict[str, str] = {}
        self.language = language
        self.pages: list[str] = []

    async def get(self, path: str) -> Seen:
        """Open a page, following nothing."""
        self.pages.append(path)
        return await self._ask(path)

    async def open(self, path: str) -> Seen:
        """Open a page, following where it leads."""
        return await self._follow(await self.get(path), path)

    async def post(self, path: str, fields: Sequence[tuple[str, str]], **headers: str) -> Seen:
        """Send fields as a form of our own page."""
        given = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Origin": self.home.instance.origin,
            "Sec-Fetch-Site": "same-origin",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        body = urlencode(list(fields)).encode()
        return await self._ask(path, method="POST", headers=given, body=body)

    async def send(
        self,
        seen: Seen,
        path: str = "",
        /,
        *,
        button: str | None = None,
        **changes: str | Sequence[str] | None,
    ) -> Seen:
        """Fill in and send the form of a page that was opened, and follow where that leads.

        `path` or `button` tell which form, where the page has several.
        """
        form = self.form(seen, path, button=button)
        answered = await self.post(form.action, form.filled(changes))
        return await self._follow(answered, form.action)

    def form(self, seen: Seen, path: str = "", /, *, button: str | None = None) -> FoundForm:
        """Return the one POST form of a page that is meant."""
        found = [
            form
            for form in forms_of(seen, self.pages[-1] if self.pages else path)
            if form.method == "post"
            and (form.action != "/sign-out" or path == "/sign-out")
            and (not path or form.action == path)
            and (button is None or form.button == button)
        ]
        assert len(found) == 1, [(form.action, form.button) for form in found]
        return found[0]

    async def _follow(self, seen: Seen, path: str) -> Seen:
        hops = 0
        while seen.status in {302, 303}:
            hops += 1
            assert hops < 5, f"{path} leads in circles"
            seen = await self.get(seen.headers["location"])
        return seen

    async def _ask(
        self,
        path: str,
        *,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
    ) -> Seen:
        given = {"Accept-Language": self.language, **(headers or {})}
        if self.cookies:
            given["Cookie"] = "; ".join(f"{name}={text}" for name, text in self.cookies.items())
        seen = await self.home.ask(
            path.partition("#")[0],
            method=method,
            accept="text/html,application/xhtml+xml",
            headers=given,
            body=body,
        )
        for name, morsel in SimpleCookie(seen.headers.get("set-cookie", "")).items():
            self.cookies[name] = morsel.value
        return seen


def forms_of(seen: Seen, path: str) -> list[FoundForm]:
    """Return all forms of a page."""
    reader = _Forms(path)
    reader.feed(seen.text)
    return reader.forms


async def signed_in(
    home: Home, name: str, *, is_strong: bool = False, language: str = "en"
) -> Browser:
    """A browser in which a member here has signed in."""
    browser = Browser(home, language=language)
    federation = home.federation
    async with federation.database.transaction() as transaction:
        signed = await start_session(
            transaction,
            federation,
            name,
            Visitor(address="127.0.0.1", label="Firefox on Linux"),
            secret=b"a secret of this test",
            is_strong=is_strong,
        )
    browser.cookies["session"] = signed.session_id
    return browser
