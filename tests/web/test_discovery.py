"""WebFinger, NodeInfo, host-meta, actors and their collections."""

import pytest

from fedirec.storage import actors, members
from tests.web.home import ACTIVITY_JSON, HTML, Home, Seen, open_home
from tests.web.stories import endorsed

JRD = "application/jrd+json"


async def finger(home: Home, resource: str) -> Seen:
    return await home.ask(
        f"/.well-known/webfinger?resource={resource}", accept=f"{JRD}, application/json"
    )


@pytest.mark.spec("RFC 7033 4.4", level="MUST")
async def test_every_form_of_a_member_leads_to_the_same_actor(home):
    host, origin = home.instance.host, home.instance.origin
    forms = [
        f"acct:ada@{host}", f"acct:Ada@{host}", f"ada@{host}", f"@ada@{host}",
        f"{origin}/users/ada", f"{origin}/@ada",
    ]  # fmt: skip

    for form in forms:
        seen = await finger(home, form)
        assert seen.status == 200, form
        assert seen.headers["content-type"] == JRD
        assert seen.headers["access-control-allow-origin"] == "*"
        document = seen.json()
        assert document["subject"] == f"acct:ada@{host}"
        assert [link["href"] for link in document["links"] if link["rel"] == "self"] == [
            home.id("ada")
        ]


@pytest.mark.parametrize("form", ["{origin}", "{origin}/", "{origin}/actor", "acct:{host}@{host}"])
async def test_our_bare_origin_leads_to_the_instance_actor(home, form):
    form = form.format(origin=home.instance.origin, host=home.instance.host)

    seen = await finger(home, form.replace("/", "%2F"))

    assert seen.status == 200
    links = seen.json()["links"]
    assert [link["href"] for link in links if link["rel"] == "self"] == [home.instance.actor_id]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 400),
        ("?resource=", 400),
        ("?resource=nonsense", 400),
        ("?resource=acct:a@b@c%00", 400),
        ("?resource=acct:ada@guild.example&resource=acct:carol@guild.example", 400),
        ("?resource=acct:nobody@{host}", 404),
        ("?resource=acct:ada@other.example", 404),
        ("?resource=https://other.example/users/ada", 404),
        ("?resource={origin}/users/ada/inbox", 404),
    ],
)
async def test_what_webfinger_cannot_answer(home, query, status):
    query = query.format(host=home.instance.host, origin=home.instance.origin)

    assert (await home.ask(f"/.well-known/webfinger{query}")).status == status


async def test_a_deleted_member_is_gone_everywhere(home):
    async with home.federation.database.transaction() as transaction:
        await actors.mark_gone(transaction, home.id("ada"), home.clock())

    assert (await finger(home, f"acct:ada@{home.instance.host}")).status == 410
    assert (await home.ask("/users/ada")).status == 410
    assert (await home.page("/@ada")).status == 410


@pytest.mark.rule("PA-09")
async def test_a_disabled_member_and_nobody_look_the_same(home):
    async with home.federation.database.transaction() as transaction:
        await members.disable_member(transaction, "ada", home.clock())

    disabled = await finger(home, f"acct:ada@{home.instance.host}")
    nobody = await finger(home, f"acct:nobody@{home.instance.host}")

    assert disabled.status == nobody.status == 404
    assert disabled.body == nobody.body


async def test_both_domains_of_a_split_answer_alike(tmp_path):
    async with open_home(tmp_path, domain="guild.example") as home:
        resource = "acct:ada@guild.example"

        at_host = await finger(home, resource)
        at_domain = await home.ask(
            f"/.well-known/webfinger?resource={resource}", headers={"Host": "guild.example"}
        )
        by_host = await finger(home, f"acct:ada@{home.instance.host}")

        assert at_host.status == 200
        assert at_host.body == at_domain.body == by_host.body
        assert at_host.json()["subject"] == resource


async def test_people_who_type_the_domain_of_a_handle_are_sent_on(tmp_path):
    async with open_home(tmp_path, domain="guild.example") as home:
        seen = await home.ask("/@ada", accept=HTML, headers={"Host": "guild.example"})

        assert seen.status == 302
        assert seen.headers["location"] == f"{home.instance.origin}/@ada"


async def test_nodeinfo_says_what_runs_here_and_counts_nobody(home):
    index = (await home.ask("/.well-known/nodeinfo", accept="application/json")).json()
    places = {link["rel"].rpartition("/")[2]: link["href"] for link in index["links"]}

    for version in ("2.0", "2.1"):
        seen = await home.ask(places[version], accept="application/json")
        assert seen.status == 200
        assert seen.headers["content-type"].startswith("application/json")
        document = seen.json()
        assert document["version"] == version
        assert document["software"]["name"] == "fedirec"
        assert document["protocols"] == ["activitypub"]
        assert document["metadata"] == {"nodeName": "The Test Guild"}


async def test_host_meta_leads_to_webfinger_in_both_forms(home):
    xml = await home.ask("/.well-known/host-meta", accept="application/xrd+xml")
    json = await home.ask("/.well-known/host-meta.json", accept="application/json")
    template = f"{home.instance.origin}/.well-known/webfinger?resource={{uri}}"

    assert xml.headers["content-type"].startswith("application/xrd+xml")
    assert template in xml.text
    assert json.json()["links"][0]["template"] == template


@pytest.mark.spec("ActivityPub 3.2", level="MUST")
async def test_one_url_has_two_faces(home):
    document = await home.ask("/users/ada", accept=ACTIVITY_JSON)
    page = await home.ask("/users/ada", accept=HTML)

    assert document.headers["content-type"] == ACTIVITY_JSON
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "Accept" in document.headers["vary"]
    assert "Accept" in page.headers["vary"]
    link = f'<{home.id("ada")}>; rel="alternate"; type="application/activity+json"'
    assert link in page.headers["link"]
    assert f'type="application/activity+json" href="{home.id("ada")}"' in page.text


@pytest.mark.parametrize("name", ["followers", "following"])
async def test_who_follows_whom_is_hidden_unless_the_member_opted_in(home, name):
    url = f"{home.id('ada')}/{name}"
    hidden = (await home.ask(url)).json()
    hidden_page = (await home.ask(f"{url}?page=true")).json()

    async with home.federation.database.transaction() as transaction:
        await members.set_shows_network(transaction, "ada", value=True)
    shown = (await home.ask(url)).json()

    assert set(hidden) == set(hidden_page) == {"@context", "id", "type"}
    assert shown["first"] == f"{url}?page=true"
    page = (await home.ask(shown["first"])).json()
    assert page["partOf"] == url
    assert page["type"] == "OrderedCollectionPage"


@pytest.mark.spec("ActivityPub 5.1", level="MUST")
async def test_an_outbox_shows_what_is_public_newest_first(home):
    note_id = await endorsed(home)
    url = f"{home.id('carol')}/outbox"

    collection = (await home.ask(url)).json()
    page = (await home.ask(collection["first"])).json()

    assert collection["type"] == "OrderedCollection"
    assert "totalItems" not in collection
    assert [item["type"] for item in page["orderedItems"]] == ["Create"]
    assert page["orderedItems"][0]["object"]["id"] == note_id


async def test_the_activity_behind_an_outbox_item_stands_at_its_id(home):
    await endorsed(home)
    page = (await home.ask(f"{home.id('carol')}/outbox?page=true")).json()
    item = page["orderedItems"][0]

    assert (await home.ask(item["id"])).json() == item


@pytest.mark.parametrize("path", ["/users/ada/featured", "/actor/outbox"])
async def test_empty_collections_say_that_they_are(home, path):
    document = (await home.ask(path)).json()

    assert document["id"] == home.instance.origin + path
    assert document["orderedItems"] == []
