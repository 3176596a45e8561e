"""The first texts of the guild's own pages, in Markdown: a paragraph each, for the catalogues."""

from collections.abc import Mapping
from typing import Final

from fedirec.web.languages import Later, later

TEXTS: Final[Mapping[str, tuple[Later, ...]]] = {
    "about": (
        later(
            "%(guild)s is a guild: people who say, in their own words, what "
            "others did well, and who pass on notices of work. There is nothing "
            "to win here, and nothing is counted."
        ),
        later("## How an endorsement comes about"),
        later(
            "1. Somebody writes what another did well, in which work, and how the"
            " two know each other.\n"
            "2. That text goes to the person it is about, and to nobody else. "
            "Until they agree there is no page, no search hit and no trace in any"
            " list.\n"
            "3. If they agree, exactly that text is published. If they decline or"
            " do not answer, the writer learns only that it was not published.\n"
            "4. Either of the two can take it back at any time, and its page says"
            " that it is gone."
        ),
        later("## People on other servers"),
        later(
            "Members here have handles such as %(handle)s and can be followed "
            "from Mastodon and any other server that speaks ActivityPub. Somebody"
            " who lives on such a server can be recognised here too: they are "
            "asked by a private message and answer with one word."
        ),
        later("## What runs here"),
        later(
            "This guild runs fedirec %(version)s, free software under the GNU "
            "Affero General Public License."
        ),
    ),
    "rules": (
        later("These are the rules of %(guild)s until its keepers write their own."),
        later(
            "- Say only what you saw yourself, of work that was really done.\n"
            "- Write about the work, not about body, faith, family or politics.\n"
            "- Never endorse for money, in exchange, or under pressure; nobody "
            "owes anybody an answer.\n"
            "- Job notes are true: the pay, the place and the day they close.\n"
            "- What somebody told you in private stays private.\n"
            "- Be as kind in a refusal as in praise."
        ),
        later("## When something is wrong"),
        later(
            "Report it from its page, or write to a keeper. Keepers read every "
            "report and may take back an endorsement or a job note, silence or "
            "block a server, or end a membership. What they do is written in a "
            "log that nobody can change."
        ),
    ),
    "federation": (
        later(
            "%(guild)s exchanges messages with other servers by ActivityPub. "
            "Members can follow people there, and be followed."
        ),
        later(
            "Keepers may **block** a server: nothing comes from it, nothing goes "
            "to it, and follows with people there end. They may **silence** one: "
            "members hear nothing from it unless they follow somebody there."
        ),
        later(
            "They do so when a server harms people here: harassment, spam, hate, "
            "or a keeper who lets all of that happen."
        ),
    ),
    "privacy": (
        later("## What is kept, and for how long"),
        later(
            "- Your name, your profile, what you wrote and whom you follow: as "
            "long as you are a member.\n"
            "- An offer that came to nothing: its text is erased after its time; "
            "that there was one stays.\n"
            "- Messages between servers: a month at most.\n"
            "- Of passwords and sign-ins only digests, which nobody can turn "
            "back.\n"
            "- What was counted for the plots that keepers see names nobody, and "
            "is gone after 30 days."
        ),
        later("## Who can read it"),
        later(
            "What is public can be read by everybody, and copied by other "
            "servers. Offers and private messages can be read by the two they are"
            " between, and by the keepers of both servers, who can read what is "
            "stored there."
        ),
        later("## What is not done"),
        later(
            "Pages load nothing from other servers, so nobody learns from us that"
            " you were here. There is one cookie: it says that you are signed in."
            " Nobody counts who looked at what."
        ),
        later("## Your rights"),
        later(
            "You can read, correct, take along and delete what is yours, in your "
            "settings. Ask a keeper where that is not enough."
        ),
    ),
    "accessibility": (
        later(
            "The pages are made to be read by everybody: with a screen reader, "
            "with a keyboard alone, at 200 %% text size, on a narrow screen, in "
            "the dark, on paper, and without script."
        ),
        later(
            "The aim is level AA of the Web Content Accessibility Guidelines 2.2;"
            " every page is checked against it by machine, in light and dark."
        ),
        later("What we know of that is not as it should be:"),
        later(
            "- Words that people wrote may lack the language they are in.\n"
            "- Passkeys need script in your browser; a password and a code work "
            "without."
        ),
        later(
            "If something keeps you out, please tell a keeper: it is an error, and will be mended."
        ),
    ),
}
