"""An endorsement that no peer would read whole is refused before anybody is asked."""

from tests.cli.test_acting import ENDORSE

LOG = "\N{WOOD}"  # four bytes, and twelve in the link of a hashtag
SKILLS = [f"{number} {LOG * 40}" for number in range(8)]
LINKS = [f"https://hall.example/{number}/{'x' * 270}" for number in range(8)]


def said(words: str) -> list[str]:
    """An endorsement in these words, with all the skills and links that it may have."""
    skills = [word for skill in SKILLS for word in ("--skill", skill)]
    links = [word for link in LINKS for word in ("--evidence", link)]
    return ["--words", words, *ENDORSE[2:], *skills, *links]


def test_what_is_too_large_is_one_line_that_says_what_to_shorten(guild, place):
    bo = f"@bo@{place.removeprefix('http://')}"

    ran = guild.run("endorse", "ada", bo, *said(LOG * 900))

    assert ran.code != 0
    assert ran.out == ""
    complaint = ran.err.splitlines()[-1]
    assert complaint.startswith("fedirec: words: ")
    assert "shorten" in complaint
    assert guild.done("offers", "bo").records == []
    assert guild.done("outbox", "ada").records == []


def test_the_same_in_fewer_words_is_offered(guild, place):
    bo = f"@bo@{place.removeprefix('http://')}"

    assert guild.done("endorse", "ada", bo, *said(ENDORSE[1])).record["way"] == "offer"
