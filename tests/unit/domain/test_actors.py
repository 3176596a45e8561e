"""Actors and what their members are told of them."""

from fedirec.domain.actors import Host
from fedirec.domain.notifications import Notice, NoticeKind


def test_a_handle_is_at_the_domain_people_write_not_at_the_host_of_the_id(bea_with):
    bea = bea_with(handle_domain=Host("weavers.test"))

    assert bea.handle == "@bea@weavers.test"


def test_a_notice_may_be_about_somebody_alone(bea_with):
    bea = bea_with()

    notice = Notice(owner=bea.id, kind=NoticeKind.FOLLOW, actor_id=bea.id)

    assert notice.object_id is None
