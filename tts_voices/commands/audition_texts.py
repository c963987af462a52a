"""What a voice says when it is listened to: the same twelve sentences each time, in each language.

Together they have what voices commonly get wrong: numbers and telephone numbers, the melody of a question and
of an exclamation, ezafe, colloquial words, words of the other script, a long sentence, and the soft style.
"""

from __future__ import annotations

from dataclasses import dataclass

from tts_voices.voice import Style

__all__ = ["AUDITION", "AuditionText"]


@dataclass(frozen=True, slots=True)
class AuditionText:
    """One sentence, and what there is to listen for, in its own language."""

    kind: str
    title: str
    text: str
    style: Style = "plain"


AUDITION: dict[str, tuple[AuditionText, ...]] = {
    "en": (
        AuditionText("greeting", "Greeting", "Hello, it is good to hear from you."),
        AuditionText("numbers", "Numbers", "Breathe in for 4 seconds, hold for 7, and breathe out for 8."),
        AuditionText("times", "Times and money", "The group meets on Tuesdays at 7:30 p.m. and costs $20."),
        AuditionText("question", "Question", "Would you like to tell me what happened?"),
        AuditionText("exclamation", "Exclamation", "You did it, and that is wonderful!"),
        AuditionText(
            "crisis", "Crisis line", "If you may be in danger, please call 988 now, or text HOME to 741741."
        ),
        AuditionText("colloquial", "Colloquial", "Yeah, I'm kinda worn out, and I dunno what I'm gonna do."),
        AuditionText(
            "homographs", "Homographs", "I read it yesterday, and now I live close to where you live."
        ),
        AuditionText(
            "mixed", "Persian words inside", "She calls it دل‌تنگی, and there is no English word for it."
        ),
        AuditionText("names", "Names", "Dr. Smith and Shirin will meet Ms. O'Brien in Tehran after Nowruz."),
        AuditionText(
            "long",
            "Long sentence",
            "When the days are heavy and the nights are long, it can help to choose one small thing, such as "
            "opening a window or walking to the end of the street, and to let that be enough for today.",
        ),
        AuditionText("soft", "Soft style", "I am here with you, and there is no hurry.", "soft"),
    ),
    "fa": (
        AuditionText("greeting", "سلام و احوال‌پرسی", "سلام، خوشحالم که صدایتان را می‌شنوم."),
        AuditionText("numbers", "عددها", "۴ ثانیه نفس بکشید، ۷ ثانیه نگه دارید و در ۸ ثانیه بیرون بدهید."),
        AuditionText("times", "ساعت و پول", "جلسهٔ گروه سه‌شنبه‌ها ساعت ۷:۳۰ است و ۱۲٬۵۰۰ تومان هزینه دارد."),
        AuditionText("question", "پرسش", "دوست دارید بگویید چه اتفاقی افتاد؟"),
        AuditionText("exclamation", "جملهٔ تعجبی", "از پسش برآمدید، چقدر عالی!"),
        AuditionText("crisis", "خط بحران", "اگر در خطر هستید، لطفاً همین حالا با ۱۱۵ یا ۱۲۳ تماس بگیرید."),
        AuditionText("ezafe", "زنجیرهٔ اضافه", "احساس گناه دوست خوب من بعد از مرگ پدر مهربانش کم‌کم سبک شد."),
        AuditionText("colloquial", "گفتاری", "یه کم خسته‌م، نمی‌دونم چی کار کنم، حالم اصلاً خوب نیست."),
        AuditionText("mixed", "واژهٔ انگلیسی در جمله", "امروز یک email از دوستم Sara گرفتم و خوشحال شدم."),
        AuditionText("homographs", "هم‌نویسه‌ها", "مَردِ تنها گفت که پدربزرگش پارسال مُرد و او هنوز سوگوار است."),
        AuditionText(
            "long",
            "جملهٔ بلند",
            "وقتی روزها سنگین و شب‌ها بلند می‌شوند، گاهی کمک می‌کند که یک کار کوچک را انتخاب کنید، "
            "مثلاً پنجره را باز کنید یا تا سر کوچه قدم بزنید، و بگذارید همان برای امروز کافی باشد.",
        ),
        AuditionText("soft", "لحن آرام", "من کنارتان هستم و هیچ عجله‌ای نیست.", "soft"),
    ),
}
"""The sentences by language, in the order in which they are heard."""
