"""How people answer the closed questions that the bot asks: the words, and for Persian how they sound.

Persian is written without most of its vowels, so each form says its sounds too (alphabet of
`language.phonemes`), without spaces; English forms are sounded out by rule. Forms are spoken ones: whole
answers of a few words. `UNSURE` forms answer nothing and are here to compete with those they sound like.
"""

from __future__ import annotations

__all__ = ["ENGLISH_FORMS", "PERSIAN_FORMS", "QUESTION_ANSWERS", "UNSURE"]

UNSURE = "unsure"

_YES_NO = ("yes", "no", UNSURE)

QUESTION_ANSWERS = {
    "yes_no": _YES_NO,
    "consent": (*_YES_NO, "agreed", "refused"),
    "helped": (*_YES_NO, "did_help", "no_help", "first", "second", "third", "another"),
    "feeling": ("anger", "fear", "sadness", "happiness", "neutral", UNSURE, "unwell"),
    "distress": (*(str(number) for number in range(11)), UNSURE, "bare_no"),
    "language": ("fa", "en"),
}
"""Which groups of forms may answer a question."""

PERSIAN_FORMS = {
    "yes": """
        بله bale | بلی bali | آره Are | آری Ari | حتماً hatman | باشه bASe | درسته doroste |
        البته albate | دقیقاً daqiqan | اوهوم uhum | آهان AhAn | معلومه malume | اوکی oke |
        خب آره xobAre | خب بله xobbale | آره دیگه Aredige | آره خب Arexob | بله هستم balehastam |
        آره هستم Arehastam | بله بله balebale | آره آره AreAre | فکر کنم آره fekrkonamAre |
        آره می‌خوام AremixAm | بله می‌خوام balemixAm | چرا که نه CerAkena | آره حتماً Arehatman |
        بله حتماً balehatman | آره لطفاً Arelotfan | بله لطفاً balelotfan | آره ممنون Aremamnun |
        بله ممنون balemamnun | بله دوست دارم baledustdAram | آره دوست دارم AredustdAram
    """,
    "no": """
        نه na | نخیر naxeyr | خیر xeyr | اصلاً aslan | هرگز hargez | نوچ noC | نه نه nana |
        نه خب naxob | خب نه xobna | نه اصلاً naaslan | نه ممنون namamnun | نه مرسی namersi |
        نه والا navAlA | نه بابا nabAbA | الان نه alAnna | فعلاً نه felanna | هنوز نه hanuzna |
        نه نیستم nanistam | نیستم nistam | نه ندارم nanadAram | ندارم nadAram | نه نمی‌خوام nanemixAm |
        نمی‌خوام nemixAm | فکر نکنم fekrnakonam | نه فکر نکنم nafekrnakonam | نه هنوز nahanuz
    """,
    UNSURE: """
        نمی‌دونم nemidunam | نه نمی‌دونم nanemidunam | شاید SAyad | مطمئن نیستم motmaennistam | چی Ci |
        چی گفتی Cigofti | نفهمیدم nafahmidam | نمی‌تونم nemitunam | نشنیدم naSenidam | یعنی چی yaniCi |
        مادرم mAdaram | پدرم pedaram | بعداً badan | خیلی زیاد xeylizyAd | خیلی کم xeylikam |
        سلام salAm | مرسی mersi | ممنون mamnun
    """,
    "agreed": """
        موافقم movAfeqam | بله موافقم balemovAfeqam | آره موافقم AremovAfeqam | قبوله qabule |
        قبول qabul | قبول می‌کنم qabulmikonam | اجازه می‌دم eJAzemidam | اجازه دارید eJAzedArid |
        اشکالی نداره eSkAlinadAre | مشکلی نیست moSkelinist
    """,
    "refused": """
        موافق نیستم movAfeqnistam | نه موافق نیستم namovAfeqnistam | قبول نمی‌کنم qabulnemikonam |
        اجازه نمی‌دم eJAzenemidam | نه اجازه نمی‌دم naeJAzenemidam | مخالفم moxAlefam
    """,
    "did_help": """
        کمک کرد komakkard | آره کمک کرد Arekomakkard | بله کمک کرد balekomakkard |
        کمکم کرد komakamkard | آره کمکم کرد Arekomakamkard | یه کم کمک کرد yekamkomakkard |
        آره یه کم Areyekam | یه کم yekam | خوب بود xubbud | آره خوب بود Arexubbud | بهتر شدم behtarSodam
    """,
    "no_help": """
        کمک نکرد komaknakard | نه کمک نکرد nakomaknakard | کمکی نکرد komakinakard |
        نه کمکی نکرد nakomakinakard | کمکم نکرد komakamnakard | نه نکرد nanakard |
        فایده نداشت fAyedenadASt | فایده‌ای نداشت fAyedeinadASt | هیچ‌کدوم hiCkodum |
        نه هیچ‌کدوم nahiCkodum | هیچ‌کدام hiCkodAm | خوب نبود xubnabud
    """,
    "first": """
        اولی avvali | اول avval | اولین avvalin | شمارهٔ یک SomAreyeyek | همون اولی hamunavvali |
        اولی کمک کرد avvalikomakkard | اولی خوب بود avvalixubbud | بله اولی baleavvali |
        آره اولی Areavvali
    """,
    "second": """
        دومی dovvomi | دوم dovvom | دومین dovvomin | شمارهٔ دو SomAreyedo | همون دومی hamundovvomi |
        دومی کمک کرد dovvomikomakkard | دومی خوب بود dovvomixubbud | بله دومی baledovvomi |
        آره دومی Aredovvomi
    """,
    "third": """
        سومی sevvomi | سوم sevvom | سومین sevvomin | شمارهٔ سه SomAreyese | همون سومی hamunsevvomi |
        سومی کمک کرد sevvomikomakkard | سومی خوب بود sevvomixubbud | بله سومی balesevvomi |
        آره سومی Aresevvomi
    """,
    "another": """
        یکی دیگه yekidige | یه چیز دیگه yeCizedige | یکی دیگه بگو yekidigebegu |
        یه چیز دیگه بگو yeCizedigebegu | یه پیشنهاد دیگه yepiSnahAdedige | پیشنهاد دیگه piSnahAdedige |
        چیز دیگه Cizedige | نه یکی دیگه nayekidige | یکی دیگه لطفاً yekidigelotfan |
        پیشنهاد بده piSnahAdbede
    """,
    "anger": """
        عصبانی asabAni | عصبانی‌ام asabAniam | عصبانی هستم asabAnihastam |
        خیلی عصبانی‌ام xeyliasabAniam | خیلی عصبانی هستم xeyliasabAnihastam | عصبی asabi |
        عصبی‌ام asabiam | خشمگین xaSmgin | خشمگینم xaSmginam | کلافه‌ام kalAfeam | کلافه kalAfe
    """,
    "fear": """
        ترسیده tarside | ترسیده‌ام tarsideam | ترسیدم tarsidam | می‌ترسم mitarsam |
        خیلی می‌ترسم xeylimitarsam | نگران negarAn | نگرانم negarAnam | خیلی نگرانم xeylinegarAnam |
        مضطرب moztareb | مضطربم moztarebam | استرس دارم estresdAram | اضطراب دارم ezterAbdAram
    """,
    "sadness": """
        غمگین qamgin | غمگینم qamginam | غمگین هستم qamginhastam | خیلی غمگینم xeyliqamginam |
        ناراحت nArAhat | ناراحتم nArAhatam | خیلی ناراحتم xeylinArAhatam | دلم گرفته delamgerefte |
        حالم بده hAlambade | دلتنگم deltangam
    """,
    "happiness": """
        خوشحال xoShAl | خوشحالم xoShAlam | خوشحال هستم xoShAlhastam | خیلی خوشحالم xeylixoShAlam |
        شاد SAd | شادم SAdam | عالی Ali | عالی‌ام Aliam | خیلی خوبم xeylixubam
    """,
    "neutral": """
        معمولی mamuli | معمولی‌ام mamuliam | خوب xub | خوبم xubam | بد نیستم badnistam | آروم Arum |
        آرومم Arumam | عادی Adi | حالم معمولیه hAlammamulie | حالم خوبه hAlamxube
    """,
    "unwell": """
        خوب نیستم xubnistam | خسته xaste | خسته‌ام xasteam | خیلی خسته‌ام xeylixasteam | بد bad |
        مریضم marizam
    """,
    "fa": """
        فارسی fArsi | فارسی لطفاً fArsilotfan | به فارسی befArsi | فارسی باشه fArsibASe |
        فارسی حرف بزن fArsiharfbezan | فارسی بهتره fArsibehtare
    """,
    "en": """
        انگلیسی engelisi | انگلیسی لطفاً engelisilotfan | به انگلیسی beengelisi |
        انگلیسی باشه engelisibASe | انگلیسی حرف بزن engelisiharfbezan | انگلیسی بهتره engelisibehtare
    """,
    "bare_no": "نه na",
    "0": "صفر sefr | هیچی hiCi",
    "1": "یک yek | یکی yeki",
    "2": "دو do",
    "3": "سه se",
    "4": "چهار CAhAr | چار CAr",
    "5": "پنج panJ | پنش panS",
    "6": "شش SeS | شیش SiS",
    "7": "هفت haft",
    "8": "هشت haSt",
    "9": "نُه noh",
    "10": "ده dah",
}

ENGLISH_FORMS = {
    "yes": """
        yes | yeah | yep | yup | sure | okay | of course | yes please | yes I am | yes I do |
        yes I would | I am | I think so | definitely | absolutely | certainly | right | correct |
        well yes | yes yes | yeah sure | uh huh | alright | all right | yes thank you |
        yeah I think so | please | yes of course | go ahead
    """,
    "no": """
        no | nope | nah | no thanks | no thank you | not really | not at all | no I'm not | I'm not |
        I don't | no I don't | I don't think so | not now | never | no no | no never | not yet |
        no not really | well no | absolutely not | definitely not | of course not | no way |
        rather not | I'd rather not | no I'd rather not
    """,
    UNSURE: """
        I don't know | no idea | maybe | perhaps | I'm not sure | not sure | what | pardon |
        what did you say | I can't say | don't know | sometimes | a lot | hello | hi | hey | thanks |
        thank you | quite a lot | very much
    """,
    "agreed": """
        I agree | yes I agree | agreed | that's fine | it's fine | fine | I accept | no problem |
        I don't mind
    """,
    "refused": """
        I don't agree | no I don't agree | I disagree | I don't accept | I don't want that | I refuse
    """,
    "did_help": """
        it helped | it did | yes it helped | yes it did | that helped | they helped | a little | a bit |
        yes a little | yes a bit | somewhat | it was good | I feel better
    """,
    "no_help": """
        it didn't help | it didn't | no it didn't | no it didn't help | none | none of them | not one |
        didn't help | they didn't help | no they didn't | nothing helped | neither
    """,
    "first": """
        first | the first | the first one | first one | number one | the first one helped |
        yes the first one
    """,
    "second": """
        second | the second | the second one | second one | number two | the second one helped |
        yes the second one
    """,
    "third": """
        third | the third | the third one | third one | number three | the third one helped |
        yes the third one
    """,
    "another": """
        another | another one | something else | give me another one | another one please |
        something different | next | other ideas | no something else | more ideas | more suggestions |
        other suggestions
    """,
    "anger": """
        angry | I'm angry | I feel angry | very angry | I'm very angry | mad | I'm mad | furious |
        annoyed
    """,
    "fear": """
        afraid | I'm afraid | I feel afraid | scared | I'm scared | I feel scared | worried |
        I'm worried | anxious | I'm anxious | frightened | nervous
    """,
    "sadness": """
        sad | I'm sad | I feel sad | very sad | so sad | I'm very sad | unhappy | down | I feel down |
        depressed
    """,
    "happiness": """
        happy | I'm happy | I feel happy | very happy | I'm very happy | great | I'm great | wonderful |
        glad
    """,
    "neutral": """
        fine | I'm fine | I feel fine | okay | I'm okay | all right | calm | I'm calm | not bad |
        normal | neutral
    """,
    "unwell": """
        not fine | not okay | I'm not okay | tired | I'm tired | bad | I feel bad | sick | not happy
    """,
    "fa": """
        Persian | Persian please | Farsi | Farsi please | in Persian | speak Persian | speak Farsi
    """,
    "en": "English | English please | in English | speak English",
    "bare_no": "no | nope",
    "0": "zero | nothing | none",
    "1": "one",
    "2": "two",
    "3": "three",
    "4": "four",
    "5": "five",
    "6": "six",
    "7": "seven",
    "8": "eight",
    "9": "nine",
    "10": "ten",
}
