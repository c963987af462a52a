"""Function words and very common verbs of both languages: what stays when the rest of a sentence is masked.

Closed lists, so that no tagger is needed. Nouns, numbers, adjectives and rarer verbs stand in neither:
two sentences that differ in those alone have the same skeleton (`near_duplicates`).
"""

from __future__ import annotations

__all__ = ["FUNCTION_WORDS"]

_ENGLISH = """
a an the this that these those some any each every no another other such both all either neither
i you he she it we they me him her us them my your his its our their mine yours
myself yourself himself herself itself ourselves themselves somebody someone something anybody anyone
anything nobody nothing everybody everyone everything who whom whose which what where when why how
and or but nor so if unless than then as while until till because since though although whether
of in on at to for from by with without into onto over under about around round across through between
behind beside before after against along among near off out up down upon within beyond below above during
toward towards past
not never only also even still yet just too very more most less least much many few enough once again
there here now soon later perhaps maybe instead away back together rather almost quite
am is are was were be been being have has had having do does did doing done will would can could may
might shall should must need needn't don't doesn't didn't isn't aren't wasn't weren't can't couldn't won't
wouldn't haven't hasn't hadn't it's that's what's there's you're they're you've they've i'm i'd i'll i've
you'd you'll he's she's let's
let lets make makes made take takes took taken put puts give gives gave go goes went gone come comes came
get gets got keep keeps kept say says said tell tells told ask asks asked look looks see sees saw find
finds found feel feels felt know knows knew think thinks thought try tries tried want wants use start
begin wait stay hold sit stand leave set turn choose write read call bring
"""

_PERSIAN = """
و یا اما ولی که اگر تا چون زیرا هم نه نیز پس بلکه وقتی هنگامی هرگاه چنان چنین همچنین مگر گرچه اگرچه
از به با بی بر در را برای بدون درباره مثل مانند جز پیش پس پشت کنار روی زیر بالای پایین میان بین
نزدیک دور جلوی سر دم بعد قبل هنگام وقت طرف سوی داخل بیرون توی دنبال سراغ جای
این آن همین همان اینجا آنجا همین‌جا همان‌جا چه چی چرا کی کجا کدام چطور چگونه چقدر چند
من تو او ما شما آن‌ها ایشان خود خودم خودت خودش خودتان خودمان خودشان کسی چیزی هیچ هیچ‌کس هیچ‌چیز همه هر هرچه
هرکس دیگر دیگری یک یکی بعضی برخی چندتا
بار فقط همیشه هنوز باز دوباره شاید حتی حالا اکنون الان الآن بعدا سپس گاهی هرگز خیلی کمی بسیار بیشتر کمتر
است هست نیست بود نبود باشد باشید باشند نباشد بوده هستید هستند نیستید نیستند دارد دارید ندارد ندارید داشت
داشتید داشته دارم دارند شد شود شوید شوند شده نشود می‌شود می‌شوند می‌شوید نمی‌شود
کن کند کنید کنند کرد کردید کرده کردن نکنید بکنید می‌کند می‌کنید می‌کنند نمی‌کند می‌کرد
بگذارید گذاشت گذاشته گذاشتن نگذارید می‌گذارد بدهید بدهد دادن داد داده می‌دهد می‌دهید بگیرید گرفتن گرفت گرفته
بگیرد بزنید زدن زد می‌زند بروید رفت رفتن رفته برود می‌رود بیایید آمد آمده بیاید می‌آید بیاورید ببرید
بگویید گفت گفتن گفته بگوید می‌گوید بپرسید ببینید دید دیدن بخواهید می‌خواهد می‌خواهید خواست
می‌توانید می‌تواند توانستید توانست باید نباید لازم بماند بمانید ماند مانده بنشینید بایستید
بردارید برگردید شروع پیدا نگه صبر بنویسید بخوانید بکشید
"""

FUNCTION_WORDS = {"en": frozenset(_ENGLISH.split()), "fa": frozenset(_PERSIAN.split())}
"""Language → the words that a skeleton keeps, in lower case."""
