"""Asking somebody for an endorsement, on a page: once, politely, and no text is lost."""

import asyncio

from tests.web.browser import signed_in
from tests.web.hostile import CORPUS, bad_things_in

WORDS = "We built the hall's roof together in the spring."


async def test_somebody_is_asked_and_finds_the_form_for_it(home):
    ada, carol = await signed_in(home, "ada"), await signed_in(home, "carol")
    handle = f"@carol@{home.instance.domain}"

    sent = await ada.send(await ada.get("/ask"), "/ask", to=handle, words=WORDS)
    told = await carol.get("/notifications")

    assert ada.pages[-1] == "/ask/sent"
    assert "on its way" in sent.text
    assert "We built the hall" in told.text
    assert "/endorse?to=%40ada%40" in told.text
    form = carol.form(await carol.get(f"/endorse?to=@ada@{home.instance.domain}"), "/endorse")
    assert dict(form.fields)["to"] == f"@ada@{home.instance.domain}"


async def test_nobody_is_asked_twice_and_the_text_stays(home):
    ada = await signed_in(home, "ada")
    typed = {"to": f"@carol@{home.instance.domain}", "words": WORDS}
    await ada.send(await ada.get("/ask"), "/ask", **typed)

    seen = await ada.send(await ada.get("/ask"), "/ask", **typed)

    assert seen.status == 422
    assert "in the last 30 days" in seen.text
    assert typed.items() <= dict(ada.form(seen, "/ask").fields).items()


async def test_sent_twice_it_is_one_note(home):
    ada = await signed_in(home, "ada")
    form = ada.form(await ada.get("/ask"), "/ask")
    fields = form.filled({"to": f"@carol@{home.instance.domain}", "words": WORDS})

    answers = await asyncio.gather(*(ada.post("/ask", fields) for _ in range(3)))

    assert {seen.headers.get("location") for seen in answers} == {"/ask/sent"}
    assert await home.count("notes") == 1


async def test_what_is_wrong_is_told_at_its_field(home, peer):
    ada = await signed_in(home, "ada")
    for to, words, wrong in (
        ("", WORDS, 'id="to-error"'),
        ("carol", WORDS, 'id="to-error"'),
        (f"@ada@{home.instance.domain}", WORDS, 'id="to-error"'),
        (f"@carol@{home.instance.domain}", "", 'id="words-error"'),
        (f"@carol@{home.instance.domain}", "x" * 501, 'id="words-error"'),
        (f"@nobody@{peer.host}", WORDS, "check-bad"),
    ):
        seen = await ada.send(await ada.get("/ask"), "/ask", to=to, words=words)

        assert (seen.status, wrong in seen.text) == (422, True), (to, words)
        assert words in seen.text.replace("&#39;", "'")


async def test_hostile_text_stays_text(home):
    ada, carol = await signed_in(home, "ada"), await signed_in(home, "carol")
    for text in CORPUS:
        seen = await ada.send(await ada.get("/ask"), "/ask", to=text, words=text[:400])
        assert bad_things_in(seen.text) == [], text
    words = "".join(CORPUS)[:500]
    await ada.send(await ada.get("/ask"), "/ask", to=f"@carol@{home.instance.domain}", words=words)
    assert bad_things_in((await carol.get("/notifications")).text) == []
