"""Signatures as other servers make them: which headers, in which order, with which parameters.

From their sources: Mastodon 4.5 `app/lib/request.rb`, GoToSocial `internal/transport/signing.go`,
Misskey `ApRequestService.ts`, Akkoma `http/middleware/httpsignature.ex`, BookWyrm
`bookwyrm/signatures.py`, Takahē `core/signatures.py`.
"""

import base64
from dataclasses import dataclass

from fedirec.signatures.digest import digest_header
from fedirec.signatures.instants import http_date
from fedirec.signatures.keys import PrivateKey
from fedirec.signatures.messages import SignedRequest
from tests.keys import rsa_pair
from tests.unit.signatures.samples import KEY_ID, NOW, add

ACTIVITY = "application/activity+json"
PLAIN = 'keyId="{key_id}",{algorithm}headers="{headers}",signature="{signature}"'


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """How one server signs."""

    name: str
    post: str
    get: str
    algorithm: str | None = "rsa-sha256"
    key_id: str = KEY_ID
    signs_query: bool = False
    template: str = PLAIN
    header: str = "signature"

    def __str__(self) -> str:
        return self.name


SENDERS = (
    Sender(
        name="Mastodon",
        post="host date content-type digest (request-target)",
        get="host date (request-target)",
        signs_query=True,
    ),
    Sender(
        name="GoToSocial",
        post="(request-target) host date digest",
        get="(request-target) host date",
        algorithm="hs2019",
        key_id="https://peer.example/users/berta/main-key",
        signs_query=True,
    ),
    Sender(
        name="GoToSocial by Authorization",
        post="(request-target) host date digest",
        get="(request-target) host date",
        algorithm="hs2019",
        key_id="https://peer.example/users/berta/main-key",
        signs_query=True,
        template=f"Signature {PLAIN}",
        header="authorization",
    ),
    Sender(
        name="Misskey",
        post="(request-target) date host digest",
        get="(request-target) date host accept",
    ),
    Sender(
        name="Akkoma",
        post="(request-target) content-length date digest host",
        get="(request-target) date host",
    ),
    Sender(
        name="BookWyrm",
        post="(request-target) host date digest",
        get="(request-target) host date",
        key_id="https://peer.example/users/berta/#main-key",
    ),
    Sender(
        name="Takahē",
        post="(request-target) host date digest content-type",
        get="(request-target) host date accept",
    ),
    Sender(
        name="one with the prefix and no algorithm",
        post="(request-target) host date digest",
        get="(request-target) host date",
        algorithm=None,
        template=f"Signature {PLAIN}",
    ),
    Sender(
        name="one with spaces and unquoted tokens",
        post="(Request-Target) Host Date Digest",
        get="(Request-Target) Host Date",
        template='keyId = "{key_id}" , algorithm=rsa-sha256, other="a,b\\"c" , '
        'headers="{headers}" , signature = "{signature}"',
    ),
)


def sign_as(
    sender: Sender,
    request: SignedRequest,
    *,
    key: PrivateKey | None = None,
    headers: str | None = None,
    parameters: str = "",
) -> SignedRequest:
    """Sign as `sender` does; `headers` covers others, `parameters` are put before the rest.

    A covered header that the request lacks is signed as missing ones cannot be: left out.
    """
    present = {
        "date": http_date(NOW),
        "content-type": ACTIVITY,
        "accept": ACTIVITY,
        "content-length": str(len(request.body)),
        **({"digest": digest_header(request.body)} if request.body else {}),
    }
    lacking = {name: value for name, value in present.items() if not request.values(name)}
    request = add(request, lacking)
    names = headers or (sender.post if request.method == "POST" else sender.get)
    target = request.target if sender.signs_query else request.target.partition("?")[0]
    values = {"(request-target)": f"{request.method.lower()} {target}"} | {
        name: ", ".join(request.values(name)) for name, _ in request.headers
    }
    for parameter in filter(None, parameters.split(",")):
        name, _, value = parameter.partition("=")
        values[f"({name})"] = value
    lines = [f"{name}: {values[name]}" for name in names.lower().split(" ") if name in values]
    signature = (key or rsa_pair()).sign("\n".join(lines).encode("utf-8", "surrogateescape"))
    text = sender.template.format(
        key_id=sender.key_id,
        algorithm=f'algorithm="{sender.algorithm}",' if sender.algorithm else "",
        headers=names,
        signature=base64.b64encode(signature).decode(),
    )
    return add(request, {sender.header: f"{parameters},{text}" if parameters else text})
