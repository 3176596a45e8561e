"""What comes to an inbox: activities as Mastodon writes them, signed before the clock starts."""

import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from typing import Final

from fedirec.signatures.cavage import sign
from fedirec.signatures.keys import RsaPrivateKey, generate_rsa
from fedirec.signatures.messages import SignedRequest

BODY_BYTES: Final = 2_100
PUBLIC: Final = "https://www.w3.org/ns/activitystreams#Public"
_SIGNING_THREADS: Final = 2
_PROSE: Final = "We raised the frame on Thursday, and every joint closed at the first blow. "

Document = dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """Somebody elsewhere: who signs what comes to us."""

    origin: str
    name: str
    key: RsaPrivateKey

    @property
    def id(self) -> str:
        """Their actor id."""
        return f"{self.origin}/users/{self.name}"

    @property
    def key_id(self) -> str:
        """What their signatures name."""
        return f"{self.id}#main-key"

    @property
    def pem(self) -> str:
        """Their public key, as their actor shows it."""
        return self.key.public().pem()


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One activity and who signs it."""

    signer: Signer
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where letters go: the authority of an instance, and the target of an inbox there."""

    authority: str
    target: str = "/inbox"


class Pen:
    """Writes activities with ids that were never used before in this run."""

    def __init__(self, signers: Sequence[Signer]) -> None:
        self.signers = signers
        self._numbers = count(1)

    def creates(
        self, amount: int, *, mentions: str | None = None, replies_to: Sequence[str] = ()
    ) -> Iterator[Letter]:
        """Write public notes of 2.1 KB; each an answer to one of `replies_to`, in turn."""
        for number, signer in self._turns(amount):
            note_id = f"{signer.origin}/notes/{number:09d}"
            to, tags = [PUBLIC], []
            if mentions is not None:
                to.append(mentions)
                tags.append({"type": "Mention", "href": mentions, "name": "@ada"})
            note: Document = {
                "id": note_id,
                "type": "Note",
                "attributedTo": signer.id,
                "to": to,
                "cc": [f"{signer.id}/followers"],
                "published": _now(),
                "url": f"{signer.origin}/@{signer.name}/{number}",
                "inReplyTo": replies_to[number % len(replies_to)] if replies_to else None,
                "sensitive": False,
                "tag": tags,
                "attachment": [],
            }
            activity: Document = {
                "@context": ["https://www.w3.org/ns/activitystreams"],
                "id": f"{note_id}/activity",
                "type": "Create",
                "actor": signer.id,
                "published": note["published"],
                "to": note["to"],
                "cc": note["cc"],
                "object": note,
            }
            yield Letter(signer=signer, body=_filled(activity, note))

    def likes(self, amount: int, *, of: Sequence[str]) -> Iterator[Letter]:
        """Write likes of some notes; no two of the first len(of) x len(signers) are the same."""
        for number, signer in self._turns(amount):
            liked = of[number // len(self.signers) % len(of)]
            yield Letter(
                signer=signer,
                body=_dump(
                    {
                        "@context": "https://www.w3.org/ns/activitystreams",
                        "id": f"{signer.origin}/likes/{number:09d}",
                        "type": "Like",
                        "actor": signer.id,
                        "object": liked,
                    }
                ),
            )

    def _turns(self, amount: int) -> Iterator[tuple[int, Signer]]:
        for _ in range(amount):
            number = next(self._numbers)
            yield number, self.signers[number % len(self.signers)]


def make_signers(origins: Sequence[str]) -> list[Signer]:
    """Make somebody with a key of their own at each origin."""
    with ThreadPoolExecutor(_SIGNING_THREADS) as threads:
        keys = list(threads.map(lambda _origin: generate_rsa(), origins))
    return [
        Signer(origin=origin, name=f"signer{place}", key=key)
        for place, (origin, key) in enumerate(zip(origins, keys, strict=True))
    ]


def signed(letters: Iterator[Letter], place: Place) -> list[bytes]:
    """Return the requests that bring these letters, as bytes of HTTP, signed now (draft-cavage)."""
    return _in_threads(lambda letter: _request(letter, place), letters)


def badly_signed(letters: Iterator[Letter], place: Place) -> list[bytes]:
    """Return the same with a signature that was made over another body."""

    def spoiled(letter: Letter) -> bytes:
        request = _request(letter, place)
        start = request.index(b'signature="') + len(b'signature="')
        swapped = request[start + 4 : start + 8] + request[start : start + 4]
        return request[:start] + swapped + request[start + 8 :]

    return _in_threads(spoiled, letters)


def undigested(letters: Iterator[Letter], place: Place) -> list[bytes]:
    """Return them with a body that was changed on the way, and is as long as before."""
    return [request[:-4] + b"   }" for request in signed(letters, place)]


def unsigned(letters: Iterator[Letter], place: Place) -> list[bytes]:
    """Return them with no signature at all."""
    return [
        b"\r\n".join(line for line in request.split(b"\r\n") if not line.startswith(b"signature:"))
        for request in signed(letters, place)
    ]


def _in_threads(write: Callable[[Letter], bytes], letters: Iterator[Letter]) -> list[bytes]:
    with ThreadPoolExecutor(_SIGNING_THREADS) as threads:
        return list(threads.map(write, letters))


def _request(letter: Letter, place: Place) -> bytes:
    headers = {
        "content-type": "application/activity+json",
        "user-agent": "Mastodon/4.5.0 (http.rb/5.3.1)",
        "accept-encoding": "gzip",
        "content-length": str(len(letter.body)),
    }
    added = sign(
        SignedRequest(
            method="POST",
            target=place.target,
            url=f"http://{place.authority}{place.target}",
            headers=tuple(headers.items()),
            body=letter.body,
        ),
        key_id=letter.signer.key_id,
        key=letter.signer.key,
        date=datetime.now(UTC),
    )
    lines = [f"POST {place.target} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in (headers | added).items()]
    return "\r\n".join((*lines, "", "")).encode() + letter.body


def _filled(activity: Document, note: Document) -> bytes:
    """Write the note's content so that the whole has the size of an ordinary Create."""
    missing = BODY_BYTES - len(_dump({**activity, "object": {**note, "content": "<p></p>"}}))
    text = (_PROSE * (missing // len(_PROSE) + 1))[:missing]
    return _dump({**activity, "object": {**note, "content": f"<p>{text}</p>"}})


def _dump(document: Document) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode()


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
