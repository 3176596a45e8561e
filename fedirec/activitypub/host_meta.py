"""host-meta (RFC 6415): where WebFinger is asked, for peers that look here first."""

from html import escape

from fedirec.activitypub.documents import JsonObject
from fedirec.activitypub.identifiers import Instance


def render_host_meta(instance: Instance) -> str:
    """Return the XRD document."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<XRD xmlns="http://docs.oasis-open.org/ns/xri/xrd-1.0">'
        f'<Link rel="lrdd" template="{escape(_template(instance))}"/></XRD>\n'
    )


def render_host_meta_json(instance: Instance) -> JsonObject:
    """Return the same as JSON."""
    return {"links": [{"rel": "lrdd", "template": _template(instance)}]}


def _template(instance: Instance) -> str:
    return f"{instance.origin}/.well-known/webfinger?resource={{uri}}"
