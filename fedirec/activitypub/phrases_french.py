"""Our posts in French."""

from typing import Final

from fedirec.activitypub.phrases import Phrases
from fedirec.domain.endorsements import Relation, ShownTo
from fedirec.domain.job_notes import PayPer, Remote

FRENCH: Final = Phrases(
    months=(
        "janvier",
        "février",
        "mars",
        "avril",
        "mai",
        "juin",
        "juillet",
        "août",
        "septembre",
        "octobre",
        "novembre",
        "décembre",
    ),
    month="{month}",
    month_of_year="{month} {year}",
    day="{day} {month}",
    day_of_year="{day} {month} {year}",
    in_span="en {date}",
    on_day="le {date}",
    from_to="de {start} à {end}",
    headline="{endorsed} a fait du bon travail.",
    headline_with_skills="{endorsed} a fait du bon travail : {skills}",
    relations={
        Relation.WORKED_WITH: "{endorser} a travaillé avec {endorsed} {period}.",
        Relation.TAUGHT: "{endorser} a formé {endorsed} {period}.",
        Relation.LEARNT_FROM: "{endorser} a appris auprès de {endorsed} {period}.",
        Relation.LED: "{endorser} a dirigé le travail de {endorsed} {period}.",
        Relation.LED_BY: "{endorsed} a dirigé le travail de {endorser} {period}.",
        Relation.CLIENT_OF: "{endorser} a confié du travail à {endorsed} {period}.",
        Relation.WORKED_FOR: "{endorser} a travaillé pour {endorsed} {period}.",
        Relation.CO_MEMBER: "{endorser} et {endorsed} faisaient partie du même groupe {period}.",
        Relation.EMPLOYER: "{endorser} a employé {endorsed} {period}.",
        Relation.EMPLOYEE: "{endorsed} a employé {endorser} {period}.",
        Relation.FAMILY: "{endorser} est de la famille de {endorsed} et a vu le travail {period}.",
        Relation.OTHER: "{endorser} connaît le travail de {endorsed} {period}.",
    },
    setting="Dans : {setting}.",
    asks="{person} {endorser} ({name} sur {host}) voudrait publier ceci à votre sujet :",
    shown_to={
        ShownTo.PUBLIC: "Public, avec votre nom, sur {host} et sur les serveurs de celles et ceux"
        " qui suivent {endorser}. Rien n'est publié sans votre accord.",
        ShownTo.FOLLOWERS: "Pour celles et ceux qui suivent {endorser}, avec votre nom, sur {host}"
        " et sur leurs serveurs. Rien n'est publié sans votre accord.",
        ShownTo.GUILD: "Pour les membres de {host} seulement, avec votre nom. Rien n'est publié"
        " sans votre accord.",
    },
    how_to_answer="Pour accepter, répondez à ce message par ce seul mot : oui. Pour refuser :"
    " non, ou ne répondez pas ; {endorser} ne saura pas lequel des deux, et il n'y"
    " a pas de rappel. Pour ne plus recevoir de tels messages : arrêter. Vous pouvez"
    " reprendre un oui à tout moment par : retirer.",
    details="Détails, après connexion avec votre propre serveur : {link}",
    explanation="{person} Ce n'est pas une réponse que nous comprenons, donc rien n'est"
    " publié. Pour accepter, répondez par ce seul mot : oui. Autres mots que nous"
    " comprenons : non, arrêter, retirer. Ne rien dire vaut non. Nous ne"
    " l'expliquons qu'une fois.",
    request="{person} {asker} ({name} chez {host}) demande si vous voulez dire avec vos mots"
    " ce qui a été bien fait :",
    how_to_endorse="Si vous le voulez, c'est ici : {link}. Vous n'avez rien à faire, et il n'y"
    " aura pas de rappel.",
    wanted="On cherche : {title}",
    pay_range="{minimum} à {maximum} {currency} {per}",
    pay_exact="{minimum} {currency} {per}",
    pay_per={
        PayPer.HOUR: "par heure",
        PayPer.DAY: "par jour",
        PayPer.MONTH: "par mois",
        PayPer.YEAR: "par an",
        PayPer.PROJECT: "pour le projet",
    },
    remote={
        Remote.NO: "sur place",
        Remote.PARTLY: "en partie à distance",
        Remote.YES: "à distance",
    },
    apply="Écrivez à {contact} jusqu'au {date}.",
)
