"""Every page for people that is not the face of an object, in one table: path, role, handlers."""

from typing import Final

from aiohttp import web

from fedirec.web.doors import Door, Role
from fedirec.web.keeping import blocks, health, log, look, members, peers, queue, reports, texts
from fedirec.web.pages import (
    asking,
    drafts,
    elsewhere,
    endorsing,
    finding,
    home,
    job_desk,
    joining,
    mine,
    network,
    offers,
    progress,
    replies,
    search,
    security,
    sessions,
    settings,
    signing_in,
)
from fedirec.web.pages.about import PATHS, own_page
from fedirec.web.shelf import kept

_LINK: Final = "{token:[A-Za-z0-9_-]{43}}"
_ULID: Final = "{ulid:[0-7][0-9A-HJKMNP-TV-Z]{25}}"
_HOST: Final = "{host:[a-z0-9.:-]{1,255}}"
_SECURITY: Final = "/settings/security"

_OFFER: Final = f"/offers/{_ULID}"

_MEMBERS: Final = (
    Door(path="/home", role=Role.MEMBER, show=home.home_page, take=home.take_reading),
    Door(
        path="/notifications",
        role=Role.MEMBER,
        show=home.notifications_page,
        take=home.take_notices_read,
    ),
    Door(
        path="/endorse",
        role=Role.MEMBER,
        show=endorsing.endorse_page,
        take=endorsing.take_endorsement,
    ),
    Door(path="/drafts", role=Role.MEMBER, show=drafts.drafts_page, take=drafts.take_discarding),
    Door(path="/offers", role=Role.MEMBER, show=offers.offers_page),
    Door(path=_OFFER, role=Role.MEMBER, show=offers.offer_page),
    Door(path=f"{_OFFER}/answer", role=Role.MEMBER, take=offers.take_answer),
    Door(path=f"{_OFFER}/heading", role=Role.MEMBER, take=offers.take_heading),
    Door(path=f"{_OFFER}/withdraw", role=Role.MEMBER, take=offers.take_withdrawal),
    Door(path="/ask", role=Role.MEMBER, show=asking.ask_page, take=asking.take_request),
    Door(path="/ask/sent", role=Role.MEMBER, show=asking.asked_page),
)
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

_DESK: Final[tuple[Door, ...]] = (
    Door(path="/jobs/new", role=Role.MEMBER, show=job_desk.new_page, take=job_desk.take_new),
    Door(
        path=f"/jobs/{_ULID}/edit",
        role=Role.MEMBER,
        show=job_desk.edit_page,
        take=job_desk.take_edit,
    ),
    Door(path=f"/jobs/{_ULID}/close", role=Role.MEMBER, take=job_desk.take_close),
    Door(
        path=f"/jobs/{_ULID}/answer",
        role=Role.MEMBER,
        show=job_desk.answer_page,
        take=job_desk.take_answer,
    ),
    Door(path="/answer", role=Role.MEMBER, show=replies.reply_page, take=replies.take_reply),
    Door(path="/network", role=Role.MEMBER, show=network.following_page),
    Door(path="/network/followers", role=Role.MEMBER, show=network.followers_page),
    Door(path="/network/requests", role=Role.MEMBER, show=network.requests_page),
    Door(path="/network/blocked", role=Role.MEMBER, show=network.blocked_page),
    Door(path="/network/answer", role=Role.MEMBER, take=network.take_answer),
    Door(path="/network/find", role=Role.MEMBER, show=finding.find_page),
    Door(path="/network/follow", role=Role.MEMBER, take=finding.take_follow),
    Door(path="/network/unfollow", role=Role.MEMBER, take=finding.take_unfollow),
    Door(path="/network/block", role=Role.MEMBER, take=finding.take_block),
    Door(path="/network/unblock", role=Role.MEMBER, take=finding.take_unblock),
    Door(path="/settings", role=Role.MEMBER, show=settings.settings_page),
    Door(
        path="/settings/profile",
        role=Role.MEMBER,
        show=settings.profile_page,
        take=settings.take_profile,
    ),
    Door(
        path="/settings/privacy",
        role=Role.MEMBER,
        show=settings.privacy_page,
        take=settings.take_privacy,
    ),
    Door(
        path="/settings/language",
        role=Role.MEMBER,
        show=settings.language_page,
        take=settings.take_language,
    ),
    Door(path="/search", role=Role.ANYONE, show=search.search_page),
    Door(path="/progress", role=Role.MEMBER, show=progress.progress_page),
    Door(path=f"/progress/{_ULID}", role=Role.MEMBER, show=progress.sent_page),
)
_ABOUT: Final = tuple(
    Door(path=PATHS[slug], role=Role.ANYONE, show=kept(own_page(slug)))
    for slug in PATHS
    if slug != "about"  # an address of federation: the instance's actor has it as its url
)
_KEEPING: Final = (
    Door(path="/admin", role=Role.KEEPER, show=health.health_page),
    Door(path=queue.PAGE, role=Role.KEEPER, show=queue.queue_page, take=queue.take_act),
    Door(path=peers.PAGE, role=Role.KEEPER, show=peers.peers_page),
    Door(
        path=f"{peers.PAGE}/{{host}}",
        role=Role.KEEPER,
        show=peers.peer_page,
        take=peers.take_act,
    ),
    Door(path=blocks.PAGE, role=Role.KEEPER, show=blocks.blocks_page, take=blocks.take_block),
    Door(
        path=f"{blocks.PAGE}/draft",
        role=Role.KEEPER,
        show=blocks.back_to_blocks,
        take=blocks.take_draft,
    ),
    Door(
        path=f"{blocks.PAGE}/import",
        role=Role.KEEPER,
        show=blocks.back_to_blocks,
        take=blocks.take_import,
    ),
    Door(path=f"{blocks.PAGE}/export", role=Role.KEEPER, show=blocks.export),
    Door(path=members.PAGE, role=Role.KEEPER, show=members.members_page, take=members.take_act),
    Door(path=f"{members.PAGE}/invite", role=Role.KEEPER, take=members.take_invite),
    Door(path=f"{members.PAGE}/uninvite", role=Role.KEEPER, take=members.revoke_invite),
    Door(path=reports.PAGE, role=Role.KEEPER, show=reports.reports_page, take=reports.take_act),
    Door(path=look.PAGE, role=Role.KEEPER, show=look.look_page, take=look.take_look),
    Door(path=texts.PAGE, role=Role.KEEPER, show=texts.texts_page),
    Door(
        path=f"{texts.PAGE}/{{slug}}",
        role=Role.KEEPER,
        show=texts.text_page,
        take=texts.take_text,
    ),
    Door(path=log.PAGE, role=Role.KEEPER, show=log.log_page),
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
    *_MEMBERS,
    *_OWN_SECURITY,
    *_ABOUT,
    *_KEEPING,
    *_DESK,
    *_FROM_ELSEWHERE,
)


def page_routes() -> list[web.RouteDef]:
    """Return the routes of all doors."""
    return [route for door in DOORS for route in door.routes()]
