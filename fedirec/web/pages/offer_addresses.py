"""Where the page of an offer is: one address for a text and all askings about it.

Ours is called by the ULID of the endorsement. One from elsewhere, whose id may be any URL, is
called by a ULID made of that id's digest, so that no address has to be kept.
"""

import hashlib
import re
from typing import Final

from ulid import ULID

from fedirec.activitypub.identifiers import Instance
from fedirec.domain.actors import ActorId
from fedirec.storage import offers
from fedirec.storage.database import Reader
from fedirec.storage.offers import Offer

_ULID: Final = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}")
_BYTES: Final = 16


def offer_path(instance: Instance, note_id: str) -> str:
    """Return the path of the page about the offers of a text."""
    return f"/offers/{offer_address(instance, note_id)}"


def offer_address(instance: Instance, note_id: str) -> str:
    """Return the ULID that stands for a text in addresses."""
    tail = note_id.rpartition("/")[2]
    if _ULID.fullmatch(tail) and note_id == instance.endorsement_id(tail):
        return tail
    return str(ULID.from_bytes(hashlib.sha256(note_id.encode()).digest()[:_BYTES]))


async def find_offer_at(
    reader: Reader, instance: Instance, viewer: ActorId, address: str
) -> Offer | None:
    """Return the newest offer at an address, if the viewer is one of its two people."""
    newest = await offers.newest_offer(reader, instance.endorsement_id(address))
    if newest is None:
        for note_id in await offers.list_offered_notes(reader, viewer):
            if offer_address(instance, note_id) == address:
                newest = await offers.newest_offer(reader, note_id)
                break
    if newest is None or viewer not in (newest.endorser_id, newest.endorsed_id):
        return None
    return newest
