"""What names a member is answered on the same pages as by people from elsewhere."""

from fedirec.community import endorsements as own
from fedirec.domain.endorsements import OfferState
from tests.community.guild import DRAFT
from tests.web.browser import signed_in
from tests.web.crossing import state_of


async def test_a_member_answers_here_as_anywhere(home):
    made = await own.offer(home.federation, "ada", f"@carol@{home.instance.domain}", DRAFT)
    carol = await signed_in(home, "carol")
    path = f"/mine/offers/{made.offer.note_id.rpartition('/')[2]}"

    await carol.send(await carol.open(path), button="Accept")

    assert await state_of(home, made.offer) is OfferState.PUBLISHED
