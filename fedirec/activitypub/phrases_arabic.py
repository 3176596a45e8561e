"""Our posts in Arabic."""

from typing import Final

from fedirec.activitypub.phrases import Phrases
from fedirec.domain.endorsements import Relation, ShownTo
from fedirec.domain.job_notes import PayPer, Remote

ARABIC: Final = Phrases(
    months=(
        "يناير",
        "فبراير",
        "مارس",
        "أبريل",
        "مايو",
        "يونيو",
        "يوليو",
        "أغسطس",
        "سبتمبر",
        "أكتوبر",
        "نوفمبر",
        "ديسمبر",
    ),
    month="{month}",
    month_of_year="{month} {year}",
    day="{day} {month}",
    day_of_year="{day} {month} {year}",
    in_span="في {date}",
    on_day="يوم {date}",
    from_to="من {start} إلى {end}",
    headline="عمل جيد من {endorsed}.",
    headline_with_skills="عمل جيد من {endorsed}: {skills}",
    relations={
        Relation.WORKED_WITH: "عمل مشترك بين {endorser} و{endorsed} {period}.",
        Relation.TAUGHT: "تعليم من {endorser} إلى {endorsed} {period}.",
        Relation.LEARNT_FROM: "تعلُّم {endorser} من {endorsed} {period}.",
        Relation.LED: "إشراف {endorser} على عمل {endorsed} {period}.",
        Relation.LED_BY: "إشراف {endorsed} على عمل {endorser} {period}.",
        Relation.CLIENT_OF: "تكليف من {endorser} إلى {endorsed} {period}.",
        Relation.WORKED_FOR: "عمل {endorser} لدى {endorsed} {period}.",
        Relation.CO_MEMBER: "{endorser} و{endorsed} في المجموعة نفسها {period}.",
        Relation.EMPLOYER: "توظيف {endorser} لـ{endorsed} {period}.",
        Relation.EMPLOYEE: "توظيف {endorsed} لـ{endorser} {period}.",
        Relation.FAMILY: "صلة عائلية بين {endorser} و{endorsed}، مع معرفة بالعمل {period}.",
        Relation.OTHER: "معرفة {endorser} بعمل {endorsed} {period}.",
    },
    setting="في: {setting}.",
    asks="{person} {endorser} ({name} على {host}): طلب نشر ما يلي عنك:",
    shown_to={
        ShownTo.PUBLIC: "علنًا، باسمك، على {host} وعلى خوادم متابعي {endorser}. لا يُنشر شيء دون"
        " موافقتك.",
        ShownTo.FOLLOWERS: "لمتابعي {endorser}، باسمك، على {host} وعلى خوادمهم. لا يُنشر شيء دون"
        " موافقتك.",
        ShownTo.GUILD: "لأعضاء {host} فقط، باسمك. لا يُنشر شيء دون موافقتك.",
    },
    how_to_answer="للموافقة، الرد على هذه الرسالة بكلمة واحدة: نعم. للرفض: لا، أو عدم الرد؛ ولا"
    " يُخبَر {endorser} بأيهما، ولا تذكير بعد ذلك. لإيقاف مثل هذه الرسائل: توقف."
    " ويمكن سحب الموافقة في أي وقت بكلمة: سحب.",
    details="التفاصيل، بعد الدخول عبر خادمك: {link}",
    explanation="{person} هذه إجابة لا نفهمها، ولذلك لا يُنشر شيء. للموافقة، الرد بكلمة"
    " واحدة: نعم. كلمات أخرى نفهمها: لا وتوقف وسحب. والصمت يعني لا. نشرح هذا"
    " مرة واحدة فقط.",
    request="{person} {asker} ({name} على {host}) يسأل هل تودّ أن تقول بكلماتك ما أُحسن عمله:",
    how_to_endorse="إن أردت فهنا: {link}. لا يلزمك فعل شيء، ولن يصلك تذكير.",
    wanted="مطلوب: {title}",
    pay_range="من {minimum} إلى {maximum} {currency} {per}",
    pay_exact="{minimum} {currency} {per}",
    pay_per={
        PayPer.HOUR: "في الساعة",
        PayPer.DAY: "في اليوم",
        PayPer.MONTH: "في الشهر",
        PayPer.YEAR: "في السنة",
        PayPer.PROJECT: "للمشروع",
    },
    remote={
        Remote.NO: "في الموقع",
        Remote.PARTLY: "عن بُعد جزئيًا",
        Remote.YES: "عن بُعد",
    },
    apply="التواصل مع {contact} حتى {date}.",
)
