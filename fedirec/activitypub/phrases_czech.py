"""Our posts in Czech; months stand in the genitive, which every sentence here asks for."""

from typing import Final

from fedirec.activitypub.phrases import Phrases
from fedirec.domain.endorsements import Relation, ShownTo
from fedirec.domain.job_notes import PayPer, Remote

CZECH: Final = Phrases(
    months=(
        "ledna",
        "února",
        "března",
        "dubna",
        "května",
        "června",
        "července",
        "srpna",
        "září",
        "října",
        "listopadu",
        "prosince",
    ),
    month="{month}",
    month_of_year="{month} {year}",
    day="{day}. {month}",
    day_of_year="{day}. {month} {year}",
    in_span="během {date}",
    on_day="dne {date}",
    from_to="od {start} do {end}",
    headline="{endorsed}: dobře odvedená práce.",
    headline_with_skills="{endorsed}: dobře odvedená práce: {skills}",
    relations={
        Relation.WORKED_WITH: "{endorser}: společná práce ({endorsed}) {period}.",
        Relation.TAUGHT: "{endorser}: výuka ({endorsed}) {period}.",
        Relation.LEARNT_FROM: "{endorser}: učení ({endorsed}) {period}.",
        Relation.LED: "{endorser}: vedení práce ({endorsed}) {period}.",
        Relation.LED_BY: "{endorser}: práce pod vedením ({endorsed}) {period}.",
        Relation.CLIENT_OF: "{endorser}: zadání práce ({endorsed}) {period}.",
        Relation.WORKED_FOR: "{endorser}: práce pro ({endorsed}) {period}.",
        Relation.CO_MEMBER: "{endorser} a {endorsed}: stejná skupina {period}.",
        Relation.EMPLOYER: "{endorser}: zaměstnání ({endorsed}) {period}.",
        Relation.EMPLOYEE: "{endorser}: práce v zaměstnání ({endorsed}) {period}.",
        Relation.FAMILY: "{endorser}: rodina ({endorsed}), práci zná {period}.",
        Relation.OTHER: "{endorser}: zná práci ({endorsed}) {period}.",
    },
    setting="Kde: {setting}.",
    asks="{person} {endorser} ({name} na {host}) chce o tobě zveřejnit toto:",
    shown_to={
        ShownTo.PUBLIC: "Veřejně, s tvým jménem, na {host} a na serverech všech, kdo sledují"
        " {endorser}. Bez tvého souhlasu se nezveřejní nic.",
        ShownTo.FOLLOWERS: "Pro všechny, kdo sledují {endorser}, s tvým jménem, na {host} a na"
        " jejich serverech. Bez tvého souhlasu se nezveřejní nic.",
        ShownTo.GUILD: "Jen pro členy {host}, s tvým jménem. Bez tvého souhlasu se nezveřejní nic.",
    },
    how_to_answer="Souhlasíš-li, odpověz na tuto zprávu jediným slovem: ano. Nesouhlasíš-li:"
    " ne, nebo prostě neodpovídej; {endorser} se nedozví, které z toho, a nic se"
    " nepřipomíná. Už žádné takové zprávy: dost. Souhlas můžeš kdykoli vzít zpět"
    " slovem: odvolat.",
    details="Podrobnosti po přihlášení přes tvůj vlastní server: {link}",
    explanation="{person} Této odpovědi nerozumíme, a tak se nezveřejní nic. Souhlasíš-li,"
    " odpověz jediným slovem: ano. Další slova, kterým rozumíme: ne, dost,"
    " odvolat. Mlčení znamená ne. Vysvětlujeme to jen jednou.",
    request="{person} {asker} ({name} na {host}) se ptá, jestli chceš vlastními slovy říct,"
    " co bylo uděláno dobře:",
    how_to_endorse="Pokud chceš, je to zde: {link}. Nic dělat nemusíš a žádná připomínka nepřijde.",
    wanted="Hledá se: {title}",
    pay_range="{minimum} až {maximum} {currency} {per}",
    pay_exact="{minimum} {currency} {per}",
    pay_per={
        PayPer.HOUR: "za hodinu",
        PayPer.DAY: "za den",
        PayPer.MONTH: "za měsíc",
        PayPer.YEAR: "za rok",
        PayPer.PROJECT: "za celý projekt",
    },
    remote={
        Remote.NO: "na místě",
        Remote.PARTLY: "zčásti na dálku",
        Remote.YES: "na dálku",
    },
    apply="Kontakt: {contact}, nejpozději {date}.",
)
