"""Every page for people that is not the face of an object, in one table: path, role, handlers."""

from typing import Final

from aiohttp import web

from fedirec.web.doors import Door, Role
from fedirec.web.pages import sessions

DOORS: Final[tuple[Door, ...]] = (
    Door(path="/sign-out", role=Role.MEMBER, take=sessions.sign_out),
    Door(path="/language", role=Role.ANYONE, take=sessions.choose_language),
)


def page_routes() -> list[web.RouteDef]:
    """Return the routes of all doors."""
    return [route for door in DOORS for route in door.routes()]
