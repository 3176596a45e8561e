from dataclasses import replace
from datetime import timedelta

import pytest

from fedirec.errors import UnauthenticatedError
from fedirec.signatures import cavage
from fedirec.signatures.instants import http_date
from tests.unit.signatures.samples import HOUR, NOW, is_accepted, make_post, signed
from tests.unit.signatures.senders import SENDERS, sign_as

MASTODON = SENDERS[0]
GOTOSOCIAL = SENDERS[1]
CREATED = "(request-target) host (created) digest"
EXPIRING = "(request-target) host (created) (expires) digest"
SECONDS = int(NOW.timestamp())


@pytest.mark.parametrize("age", [timedelta(0), HOUR, -HOUR])
@pytest.mark.rule("SG-09", "SG-10")
def test_an_hour_either_way_is_near_enough(age):
    assert is_accepted(signed(make_post()), NOW + age)


@pytest.mark.parametrize("age", [HOUR, -HOUR, 2 * HOUR, -2 * HOUR])
@pytest.mark.rule("SG-09", "SG-10")
def test_beyond_an_hour_either_way_is_refused(age):
    second = timedelta(seconds=1 if age > timedelta(0) else -1)

    with pytest.raises(UnauthenticatedError, match="signed at"):
        is_accepted(signed(make_post()), NOW + age + second)


@pytest.mark.parametrize(
    "date",
    [
        "",
        "yesterday",
        "Thu, 01 Jan 1970 00:00:00 GMT",
        "Fri, 31 Dec 9999 23:59:59 GMT",
        "Sat, 31 Nov 2026 12:00:00 GMT",
        "Sat, 21 Nov 2026 12:00:60 GMT",
        "Sat, 21 Nov 0000 12:00:00 GMT",
        "Sat, 21 Now 2026 12:00:00 GMT",
        "Sat, 21 Nov 2026 12:00:00",
        "Sat, 21 Nov 2026 12:00:00 +0000",
        "Sat, 21 Nov 2026 12:00:00 EST",
        "Saturday, 21-Nov-26 12:00:00 GMT",
        "2026-11-21T12:00:00Z",
    ],
)
@pytest.mark.rule("SG-10")
def test_a_date_that_is_far_off_or_unreadable_is_refused(date):
    with pytest.raises(UnauthenticatedError):
        is_accepted(sign_as(MASTODON, make_post(date=date)))


@pytest.mark.parametrize("zone", ["GMT", "UTC"])
@pytest.mark.rule("SG-10")
def test_a_date_in_either_name_of_the_zone_is_read(zone):
    date = http_date(NOW).replace("GMT", zone)

    assert is_accepted(sign_as(MASTODON, make_post(date=date)))


@pytest.mark.rule("SG-10")
def test_a_second_date_that_is_signed_too_is_refused():
    request = make_post()
    both = replace(request, headers=(*request.headers, *[("date", http_date(NOW))] * 2))

    with pytest.raises(UnauthenticatedError, match="one signed Date"):
        is_accepted(sign_as(MASTODON, both, headers="(request-target) host date digest"))


@pytest.mark.rule("SG-10")
def test_a_signed_creation_stands_for_the_date():
    request = sign_as(
        GOTOSOCIAL, make_post(date="nonsense"), headers=CREATED, parameters=f"created={SECONDS}"
    )

    assert is_accepted(request)


@pytest.mark.parametrize(
    "created",
    [
        str(SECONDS - 3_601),
        str(SECONDS + 3_601),
        "-1",
        "-" + str(SECONDS),
        "9" * 15,
        "9" * 20,
        "0",
        "now",
        "1e9",
        "",
    ],
)
@pytest.mark.rule("SG-10")
def test_a_creation_that_is_far_off_or_unreadable_is_refused(created):
    parameters = f"created={created}" if created else ""
    request = sign_as(GOTOSOCIAL, make_post(), headers=CREATED, parameters=parameters)

    with pytest.raises(UnauthenticatedError):
        is_accepted(request)


@pytest.mark.parametrize(
    "headers", [CREATED, EXPIRING, "(request-target) host date (expires) digest"]
)
@pytest.mark.spec("draft-cavage-http-signatures-12 2.3", level="MUST")
@pytest.mark.rule("SG-05")
def test_signed_times_are_not_for_rsa_sha256(headers):
    parameters = f"created={SECONDS},expires={SECONDS + 60}"
    request = sign_as(MASTODON, make_post(), headers=headers, parameters=parameters)

    with pytest.raises(UnauthenticatedError, match="not for this algorithm"):
        is_accepted(request)


@pytest.mark.parametrize(
    ("hours", "expires", "is_fine"),
    [
        (2, str(SECONDS + 3 * 3_600), True),
        (2, f"{SECONDS + 3 * 3_600}.5", True),
        (12, str(SECONDS + 12 * 3_600), True),
        (13, str(SECONDS + 24 * 3_600), False),
        (1, str(SECONDS + 60), False),
        (0, str(SECONDS - 1), False),
        (0, "9" * 20, False),
        (0, "9" * 15, False),
        (0, "soon", False),
    ],
)
@pytest.mark.rule("SG-09", "SG-10")
def test_a_signed_expiry_allows_twelve_hours_and_no_more_than_it_says(hours, expires, is_fine):
    parameters = f"created={SECONDS},expires={expires}"
    request = sign_as(GOTOSOCIAL, make_post(), headers=EXPIRING, parameters=parameters)
    now = NOW + hours * HOUR

    if is_fine:
        assert is_accepted(request, now)
    else:
        with pytest.raises(UnauthenticatedError):
            is_accepted(request, now)


@pytest.mark.rule("SG-09", "SG-10")
def test_an_expiry_that_is_named_but_not_given_is_refused():
    request = sign_as(GOTOSOCIAL, make_post(), headers=EXPIRING, parameters=f"created={SECONDS}")

    with pytest.raises(UnauthenticatedError):
        is_accepted(request)


@pytest.mark.rule("SG-09")
def test_an_expiry_that_is_not_signed_gives_no_more_time():
    parameters = f"created={SECONDS},expires={SECONDS + 86_400}"
    request = sign_as(GOTOSOCIAL, make_post(), headers=CREATED, parameters=parameters)

    with pytest.raises(UnauthenticatedError, match="longer ago"):
        is_accepted(request, NOW + 2 * HOUR)


@pytest.mark.rule("SG-10")
def test_asked_for_a_date_that_is_not_covered_it_refuses():
    request = sign_as(MASTODON, make_post(), headers="(request-target) host digest")
    signature = cavage.parse_signature(request.values("signature"))

    with pytest.raises(UnauthenticatedError):
        cavage.signed_at(request, signature)
