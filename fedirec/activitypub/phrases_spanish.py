"""Our posts in Spanish."""

from typing import Final

from fedirec.activitypub.phrases import Phrases
from fedirec.domain.endorsements import Relation, ShownTo
from fedirec.domain.job_notes import PayPer, Remote

SPANISH: Final = Phrases(
    months=(
        "enero",
        "febrero",
        "marzo",
        "abril",
        "mayo",
        "junio",
        "julio",
        "agosto",
        "septiembre",
        "octubre",
        "noviembre",
        "diciembre",
    ),
    month="{month}",
    month_of_year="{month} de {year}",
    day="{day} de {month}",
    day_of_year="{day} de {month} de {year}",
    in_span="en {date}",
    on_day="el {date}",
    from_to="desde {start} hasta {end}",
    headline="{endorsed} hizo un buen trabajo.",
    headline_with_skills="{endorsed} hizo un buen trabajo: {skills}",
    relations={
        Relation.WORKED_WITH: "{endorser} trabajó con {endorsed} {period}.",
        Relation.TAUGHT: "{endorser} enseñó a {endorsed} {period}.",
        Relation.LEARNT_FROM: "{endorser} aprendió de {endorsed} {period}.",
        Relation.LED: "{endorser} dirigió el trabajo de {endorsed} {period}.",
        Relation.LED_BY: "{endorsed} dirigió el trabajo de {endorser} {period}.",
        Relation.CLIENT_OF: "{endorser} fue cliente de {endorsed} {period}.",
        Relation.WORKED_FOR: "{endorser} trabajó para {endorsed} {period}.",
        Relation.CO_MEMBER: "{endorser} y {endorsed} estuvieron en el mismo grupo {period}.",
        Relation.EMPLOYER: "{endorser} empleó a {endorsed} {period}.",
        Relation.EMPLOYEE: "{endorsed} dio empleo a {endorser} {period}.",
        Relation.FAMILY: "{endorser} es familia de {endorsed} y vio el trabajo {period}.",
        Relation.OTHER: "{endorser} conoce el trabajo de {endorsed} {period}.",
    },
    setting="En: {setting}.",
    asks="{person} {endorser} ({name} en {host}) quisiera publicar esto sobre ti:",
    shown_to={
        ShownTo.PUBLIC: "Público, con tu nombre, en {host} y en los servidores de quienes siguen"
        " a {endorser}. No se publica nada si no estás de acuerdo.",
        ShownTo.FOLLOWERS: "Para quienes siguen a {endorser}, con tu nombre, en {host} y en sus"
        " servidores. No se publica nada si no estás de acuerdo.",
        ShownTo.GUILD: "Solo para quienes son parte de {host}, con tu nombre. No se publica nada"
        " si no estás de acuerdo.",
    },
    how_to_answer="Para aceptar, responde a este mensaje con una sola palabra: sí. Para"
    " rechazar: no, o simplemente no respondas; {endorser} no sabrá cuál de las"
    " dos, y no hay recordatorios. Para no recibir más mensajes así: basta. Puedes"
    " retirar un sí en cualquier momento con: retirar.",
    details="Detalles, tras entrar con tu propio servidor: {link}",
    explanation="{person} No es una respuesta que entendamos, así que no se publica nada."
    " Para aceptar, responde con una sola palabra: sí. Otras palabras que"
    " entendemos: no, basta, retirar. No decir nada es un no. Lo explicamos solo"
    " esta vez.",
    request="{person} {asker} ({name} en {host}) pregunta si quieres decir con tus palabras "
    "qué hizo bien:",
    how_to_endorse="Si quieres, es aquí: {link}. No tienes que hacer nada, y no habrá "
    "recordatorio.",
    wanted="Se busca: {title}",
    pay_range="{minimum} a {maximum} {currency} {per}",
    pay_exact="{minimum} {currency} {per}",
    pay_per={
        PayPer.HOUR: "por hora",
        PayPer.DAY: "por día",
        PayPer.MONTH: "al mes",
        PayPer.YEAR: "al año",
        PayPer.PROJECT: "por el proyecto",
    },
    remote={
        Remote.NO: "en el lugar",
        Remote.PARTLY: "en parte a distancia",
        Remote.YES: "a distancia",
    },
    apply="Escribe a {contact} hasta el {date}.",
)
