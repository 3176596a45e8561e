"""An endorsement as others would read it, before anybody is asked."""

from fedirec.activitypub.documents import text_of
from fedirec.activitypub.endorsements import render_endorsement_note
from fedirec.community.membership import get_acting_member
from fedirec.domain.actors import Actor
from fedirec.domain.endorsements import EndorsementDraft, check_draft
from fedirec.federation.context import Federation


async def preview(
    federation: Federation, member: str, endorsed: Actor, draft: EndorsementDraft
) -> str:
    """Return the HTML that would be published; its link leads nowhere yet.

    Raises InvalidInputError, naming the field, for what could not be offered.
    """
    endorser = await get_acting_member(federation, member)
    check_draft(draft, endorser=endorser.id, endorsed=endorsed.id, limits=federation.limits)
    mint = federation.mint()
    note = render_endorsement_note(
        instance=federation.instance,
        id=federation.instance.endorsement_id(mint.ulid()),
        endorser=endorser,
        endorsed=endorsed,
        draft=draft,
        published=mint.now,
    )
    return text_of(note["content"]) or ""
