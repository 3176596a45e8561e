"""NodeInfo: what this instance is, for first contacts. No numbers of people are told."""

from typing import Final

from fedirec.activitypub.documents import JsonObject
from fedirec.activitypub.identifiers import Instance

VERSIONS: Final = ("2.0", "2.1")
SCHEMA: Final = "http://nodeinfo.diaspora.software/ns/schema/"


def render_nodeinfo_index(instance: Instance) -> JsonObject:
    """Return where the documents are, and which actor is the instance's own (FEP-2677)."""
    documents: list[JsonObject] = [
        {"rel": f"{SCHEMA}{version}", "href": f"{instance.origin}/nodeinfo/{version}"}
        for version in VERSIONS
    ]
    application: JsonObject = {
        "rel": "https://www.w3.org/ns/activitystreams#Application",
        "href": instance.actor_id,
    }
    return {"links": [*documents, application]}


def render_nodeinfo(instance: Instance, *, version: str, software_version: str) -> JsonObject:
    """Return the document of one `version` of the schema, `2.0` or `2.1`."""
    return {
        "version": version,
        "software": {"name": "fedirec", "version": software_version},
        "protocols": ["activitypub"],
        "services": {"inbound": [], "outbound": []},
        "openRegistrations": False,
        "usage": {"users": {}},
        "metadata": {"nodeName": instance.title},
    }
