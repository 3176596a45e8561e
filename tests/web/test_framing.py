"""What is not sound HTTP/1.1 gets one bland answer and a closed connection (TR-15, OP-05)."""

import pytest

BODY = b"POST /inbox HTTP/1.1 smuggled"

# {host} is ours; each is followed by a second request that must never be answered.
CORPUS = {
    "two hosts": b"GET /healthz HTTP/1.1\r\nHost: {host}\r\nHost: evil.example\r\n\r\n",
    "two equal hosts": b"GET /healthz HTTP/1.1\r\nHost: {host}\r\nHost: {host}\r\n\r\n",
    "no host": b"GET /about HTTP/1.1\r\nAccept: */*\r\n\r\n",
    "two lengths": b"POST /inbox HTTP/1.1\r\nHost: {host}\r\nContent-Length: 4\r\n"
    b"Content-Length: 5\r\n\r\nabcde",
    "a list of lengths": b"POST /inbox HTTP/1.1\r\nHost: {host}\r\n"
    b"Content-Length: 4, 4\r\n\r\nabcd",
    "length and chunks": b"POST /inbox HTTP/1.1\r\nHost: {host}\r\nContent-Length: 5\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a signed length": b"POST /inbox HTTP/1.1\r\nHost: {host}\r\nContent-Length: +4\r\n\r\nabcd",
    "a negative length": b"POST /inbox HTTP/1.1\r\nHost: {host}\r\nContent-Length: -4\r\n\r\nabcd",
    "an unknown transfer encoding": b"POST /inbox HTTP/1.1\r\nHost: {host}\r\n"
    b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "two transfer encodings": b"POST /inbox HTTP/1.1\r\nHost: {host}\r\n"
    b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
    "chunks not last": b"POST /inbox HTTP/1.1\r\nHost: {host}\r\n"
    b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "a bad chunk size": b"POST /inbox HTTP/1.1\r\nHost: {host}\r\n"
    b"Content-Type: application/activity+json\r\nTransfer-Encoding: chunked\r\n\r\n0x4\r\nabcd\r\n",
    "bare line feeds": b"GET /about HTTP/1.1\nHost: {host}\n\n",
    "a bare carriage return": b"GET /about HTTP/1.1\r\nHost: {host}\rX: y\r\n\r\n",
    "HTTP/0.9": b"GET /about\r\n",
    "HTTP/2 in clear": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "space before the colon": b"GET /about HTTP/1.1\r\nHost : {host}\r\n\r\n",
    "a folded header": b"GET /about HTTP/1.1\r\nHost: {host}\r\nX-A: b\r\n c\r\n\r\n",
    "NUL in a header": b"GET /about HTTP/1.1\r\nHost: {host}\r\nX-A: b\x00c\r\n\r\n",
    "space in the target": b"GET /about x HTTP/1.1\r\nHost: {host}\r\n\r\n",
    "a foreign absolute target": b"GET http://evil.example/about HTTP/1.1\r\nHost: {host}\r\n\r\n",
    "an asterisk": b"OPTIONS * HTTP/1.1\r\nHost: {host}\r\n\r\n",
    "another host": b"GET /about HTTP/1.1\r\nHost: evil.example\r\n\r\n",
    "a host like ours": b"GET /about HTTP/1.1\r\nHost: {host}.evil.example\r\n\r\n",
    "not HTTP": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
}


@pytest.mark.rule("TR-15")
@pytest.mark.parametrize("name", CORPUS)
async def test_an_ambiguous_request_gets_one_refusal_and_no_second_answer(home, name):
    host = home.instance.host.encode()
    second = b"GET /healthz HTTP/1.1\r\nHost: " + host + b"\r\n\r\n"

    answer = await home.say(CORPUS[name].replace(b"{host}", host) + second)

    assert answer.startswith((b"HTTP/1.1 4", b"HTTP/1.0 4"))
    assert answer.count(b"HTTP/1.") == 1
    assert b"connection: close" in answer.lower() or answer.startswith(b"HTTP/1.0")


@pytest.mark.rule("OP-05")
async def test_the_parser_does_not_say_what_it_choked_on(home):
    host = home.instance.host.encode()

    answer = await home.say(
        b"GET /about HTTP/1.1\r\nHost: " + host + b"\r\nbad\xff name: secret\r\n\r\n"
    )

    assert b" 400 Bad Request\r\n" in answer
    assert b"secret" not in answer
    assert b"aiohttp" not in answer
    assert b"default-src 'none'" in answer


@pytest.mark.rule("TR-15")
@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
async def test_probes_are_answered_under_any_host(home, path):
    seen = await home.ask(path, headers={"Host": "10.0.0.7:8080"})

    assert seen.status == 200


@pytest.mark.rule("TR-15")
async def test_a_second_request_on_a_good_connection_is_answered(home):
    host = home.instance.host.encode()
    once = b"GET /healthz HTTP/1.1\r\nHost: " + host + b"\r\n\r\n"
    last = b"GET /healthz HTTP/1.1\r\nHost: " + host + b"\r\nConnection: close\r\n\r\n"

    answer = await home.say(once + last)

    assert answer.count(b"HTTP/1.1 200 OK") == 2
