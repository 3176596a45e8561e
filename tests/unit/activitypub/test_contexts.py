"""Every `@context` is sent as the vocabulary writes it, to the byte."""

import json

import pytest

from fedirec.activitypub import vocabulary
from tests.unit.activitypub.samples import payload


@pytest.mark.parametrize(
    ("name", "context"),
    [
        ("accept_with_stamp", vocabulary.AS_CONTEXT),
        ("actor_member", vocabulary.ACTOR_CONTEXT),
        ("consent_request", vocabulary.QUESTION_CONTEXT),
        ("endorsement_create", vocabulary.ENDORSEMENT_CONTEXT),
        ("job_create", vocabulary.JOB_CONTEXT),
        ("stamp", vocabulary.STAMP_CONTEXT),
    ],
)
def test_a_context_has_the_terms_of_the_sample_in_their_order(name, context):
    assert json.dumps(payload(f"fedirec/{name}.json")["@context"]) == json.dumps(context)
