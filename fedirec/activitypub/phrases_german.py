"""Our posts in German."""

from typing import Final

from fedirec.activitypub.phrases import Phrases
from fedirec.domain.endorsements import Relation, ShownTo
from fedirec.domain.job_notes import PayPer, Remote

GERMAN: Final = Phrases(
    months=(
        "Januar",
        "Februar",
        "März",
        "April",
        "Mai",
        "Juni",
        "Juli",
        "August",
        "September",
        "Oktober",
        "November",
        "Dezember",
    ),
    month="{month}",
    month_of_year="{month} {year}",
    day="{day}. {month}",
    day_of_year="{day}. {month} {year}",
    in_span="im Zeitraum {date}",
    on_day="am {date}",
    from_to="von {start} bis {end}",
    headline="{endorsed} hat gute Arbeit geleistet.",
    headline_with_skills="{endorsed} hat gute Arbeit geleistet: {skills}",
    relations={
        Relation.WORKED_WITH: "{endorser} hat {period} mit {endorsed} gearbeitet.",
        Relation.TAUGHT: "{endorser} hat {endorsed} {period} unterrichtet.",
        Relation.LEARNT_FROM: "{endorser} hat {period} von {endorsed} gelernt.",
        Relation.LED: "{endorser} hat die Arbeit von {endorsed} {period} geleitet.",
        Relation.LED_BY: "{endorsed} hat die Arbeit von {endorser} {period} geleitet.",
        Relation.CLIENT_OF: "{endorser} hat {endorsed} {period} beauftragt.",
        Relation.WORKED_FOR: "{endorser} hat {period} für {endorsed} gearbeitet.",
        Relation.CO_MEMBER: "{endorser} und {endorsed} gehörten {period} zur selben Gruppe.",
        Relation.EMPLOYER: "{endorser} hat {endorsed} {period} beschäftigt.",
        Relation.EMPLOYEE: "{endorser} war {period} bei {endorsed} beschäftigt.",
        Relation.FAMILY: "{endorser} gehört zur Familie von {endorsed} und hat die Arbeit {period}"
        " gesehen.",
        Relation.OTHER: "{endorser} kennt die Arbeit von {endorsed} {period}.",
    },
    setting="Rahmen: {setting}.",
    asks="{person} {endorser} ({name} auf {host}) möchte das hier über dich veröffentlichen:",
    shown_to={
        ShownTo.PUBLIC: "Öffentlich, mit deinem Namen, auf {host} und auf den Servern aller, die"
        " {endorser} folgen. Nichts wird veröffentlicht, bevor du zustimmst.",
        ShownTo.FOLLOWERS: "Für alle, die {endorser} folgen, mit deinem Namen, auf {host} und auf"
        " deren Servern. Nichts wird veröffentlicht, bevor du zustimmst.",
        ShownTo.GUILD: "Nur für die Mitglieder von {host}, mit deinem Namen. Nichts wird"
        " veröffentlicht, bevor du zustimmst.",
    },
    how_to_answer="Um zuzustimmen, antworte auf diese Nachricht mit dem einen Wort: ja. Um"
    " abzulehnen: nein, oder antworte einfach nicht; {endorser} erfährt nicht, was"
    " davon, und es gibt keine Erinnerung. Keine solchen Nachrichten mehr: stopp."
    " Ein ja kannst du jederzeit zurücknehmen mit: widerrufen.",
    details="Einzelheiten, nach der Anmeldung mit deinem eigenen Server: {link}",
    explanation="{person} Das ist keine Antwort, die wir verstehen; es wird also nichts"
    " veröffentlicht. Um zuzustimmen, antworte mit dem einen Wort: ja. Andere"
    " Wörter, die wir verstehen: nein, stopp, widerrufen. Nichts zu sagen ist ein"
    " Nein. Wir erklären das nur einmal.",
    request="{person} {asker} ({name} bei {host}) fragt, ob du in deinen Worten sagen "
    "möchtest, was gut gemacht war:",
    how_to_endorse="Wenn du möchtest, geht es hier: {link}. Du musst nichts tun, und es gibt keine "
    "Erinnerung.",
    wanted="Gesucht: {title}",
    pay_range="{minimum} bis {maximum} {currency} {per}",
    pay_exact="{minimum} {currency} {per}",
    pay_per={
        PayPer.HOUR: "pro Stunde",
        PayPer.DAY: "pro Tag",
        PayPer.MONTH: "im Monat",
        PayPer.YEAR: "im Jahr",
        PayPer.PROJECT: "für das Projekt",
    },
    remote={
        Remote.NO: "vor Ort",
        Remote.PARTLY: "teilweise aus der Ferne",
        Remote.YES: "aus der Ferne",
    },
    apply="Melde dich bei {contact} bis {date}.",
)
