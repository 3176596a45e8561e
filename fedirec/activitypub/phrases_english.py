"""Our posts in English."""

from typing import Final

from fedirec.activitypub.phrases import Phrases
from fedirec.domain.endorsements import Relation, ShownTo
from fedirec.domain.job_notes import PayPer, Remote

ENGLISH: Final = Phrases(
    months=(
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ),
    month="{month}",
    month_of_year="{month} {year}",
    day="{day} {month}",
    day_of_year="{day} {month} {year}",
    in_span="in {date}",
    on_day="on {date}",
    from_to="from {start} to {end}",
    headline="{endorsed} did good work.",
    headline_with_skills="{endorsed} did good work: {skills}",
    relations={
        Relation.WORKED_WITH: "{endorser} worked with {endorsed} {period}.",
        Relation.TAUGHT: "{endorser} taught {endorsed} {period}.",
        Relation.LEARNT_FROM: "{endorser} learnt from {endorsed} {period}.",
        Relation.LED: "{endorser} led the work of {endorsed} {period}.",
        Relation.LED_BY: "{endorser} was led by {endorsed} {period}.",
        Relation.CLIENT_OF: "{endorser} was a client of {endorsed} {period}.",
        Relation.WORKED_FOR: "{endorser} worked for {endorsed} {period}.",
        Relation.CO_MEMBER: "{endorser} and {endorsed} were in the same group {period}.",
        Relation.EMPLOYER: "{endorser} employed {endorsed} {period}.",
        Relation.EMPLOYEE: "{endorser} was employed by {endorsed} {period}.",
        Relation.FAMILY: "{endorser} is family of {endorsed} and saw the work {period}.",
        Relation.OTHER: "{endorser} knows the work of {endorsed} {period}.",
    },
    setting="In: {setting}.",
    asks="{person} {endorser} ({name} at {host}) would like to publish this about you:",
    shown_to={
        ShownTo.PUBLIC: "Public, with your name, on {host} and on the servers of those who follow"
        " {endorser}. Nothing is published unless you agree.",
        ShownTo.FOLLOWERS: "For those who follow {endorser}, with your name, on {host} and on their"
        " servers. Nothing is published unless you agree.",
        ShownTo.GUILD: "For the members of {host} alone, with your name. Nothing is published"
        " unless you agree.",
    },
    how_to_answer="To agree, reply to this message with the one word: yes. To refuse: no, or just"
    " ignore it; {endorser} is not told which, and there is no reminder. For no more such messages:"
    " stop. You can take a yes back at any time with: withdraw.",
    details="Details, after signing in with your own server: {link}",
    explanation="{person} That is not an answer we can take, so nothing is published. To agree,"
    " reply with the one word: yes. Other words we take: no, stop, withdraw. Saying nothing is a"
    " no. We explain this only once.",
    request="{person} {asker} ({name} at {host}) asks whether you would say in your own words"
    " what they did well:",
    how_to_endorse="If you would like to, here is where: {link}. There is nothing you need to do, "
    "and there is no reminder.",
    wanted="Wanted: {title}",
    pay_range="{minimum} to {maximum} {currency} {per}",
    pay_exact="{minimum} {currency} {per}",
    pay_per={
        PayPer.HOUR: "an hour",
        PayPer.DAY: "a day",
        PayPer.MONTH: "a month",
        PayPer.YEAR: "a year",
        PayPer.PROJECT: "for the project",
    },
    remote={Remote.NO: "on site", Remote.PARTLY: "partly remote", Remote.YES: "remote"},
    apply="Apply to {contact} by {date}.",
)
