"""Every page for people that is not the face of an object, in one table: path, role, handlers."""

from typing import Final

from aiohttp import web

from fedirec.web.doors import Door, Role
from fedirec.web.pages import elsewhere, joining, mine, security, sessions, signing_in

_LINK: Final = "{token:[A-Za-z0-9_-]{43}}"
_ULID: Final = "{ulid:[0-7][0-9A-HJKMNP-TV-Z]{25}}"
_HOST: Final = "{host:[a-z0-9.:-]{1,255}}"
_SECURITY: Final = "/settings/security"

_GETTING_IN: Final = (
    Door(
        path="/sign-in",
        role=Role.ANYONE,
        show=signing_in.sign_in_page,
        take=signing_in.take_sign_in,
    ),
    Door(path="/sign-in/code", role=Role.ANYONE, take=signing_in.take_code),
    Door(path="/sign-in/passkey", role=Role.ANYONE, take=signing_in.take_passkey),
    Door(path="/sign-in/passkey/options", role=Role.ANYONE, take=signing_in.begin_passkey),
    Door(path="/sign-out", role=Role.PARTY, take=sessions.sign_out),
    Door(
        path="/language",
        role=Role.ANYONE,
        show=sessions.language_page,
        take=sessions.choose_language,
    ),
    Door(path=f"/join/{_LINK}", role=Role.ANYONE, show=joining.join_page, take=joining.take_join),
    Door(
        path=f"/reset/{_LINK}", role=Role.ANYONE, show=joining.reset_page, take=joining.take_reset
    ),
    Door(path="/welcome", role=Role.MEMBER, show=joining.welcome_page),
)
_OWN_SECURITY: Final = (
    Door(path=_SECURITY, role=Role.MEMBER, show=security.security_page),
    *(
        Door(path=f"{_SECURITY}/{path}", role=Role.MEMBER, take=take)
        for path, take in (
            ("password", security.take_password),
            ("sessions/end", security.end_session),
            ("sessions/end-others", security.end_others),
            ("programs/end", security.end_token),
            ("app", security.begin_app),
            ("app/confirm", security.take_app),
            ("app/remove", security.remove_app),
            ("codes", security.renew_codes),
            ("passkeys", security.add_passkey),
            ("passkeys/options", security.begin_passkey),
            ("passkeys/remove", security.remove_passkey),
        )
    ),
    Door(
        path=f"{_SECURITY}/prove",
        role=Role.MEMBER,
        show=security.prove_page,
        take=security.take_proof,
    ),
)

_FROM_ELSEWHERE: Final = (
    Door(
        path="/sign-in/elsewhere",
        role=Role.ANYONE,
        show=elsewhere.elsewhere_page,
        take=elsewhere.take_elsewhere,
    ),
    Door(
        path=f"/sign-in/elsewhere/back/{_HOST}",
        role=Role.ANYONE,
        show=elsewhere.come_back,
    ),
    Door(path="/mine", role=Role.PARTY, show=mine.mine_page),
    Door(
        path=f"/mine/offers/{_ULID}",
        role=Role.PARTY,
        show=mine.offer_page,
        take=mine.take_answer,
    ),
    Door(
        path=f"/mine/endorsements/{_ULID}/withdraw",
        role=Role.PARTY,
        take=mine.take_withdrawal,
    ),
    Door(path="/mine/export", role=Role.PARTY, show=mine.export),
)

DOORS: Final[tuple[Door, ...]] = (
    *_GETTING_IN,
    *_OWN_SECURITY,
    *_FROM_ELSEWHERE,
)


def page_routes() -> list[web.RouteDef]:
    """Return the routes of all doors."""
    return [route for door in DOORS for route in door.routes()]
